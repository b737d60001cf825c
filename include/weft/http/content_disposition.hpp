#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

/// The name under which a server suggests to save a body: `filename` or, where there is one, `filename*` of a
/// Content-Disposition field. RFC 6266.
///
/// Safe to be appended to a directory: only what follows the last `/` or `\` counts, control bytes are dropped, a dot
/// at the begin becomes `_`, and it has at most 255 bytes. UTF-8; a `filename` that is not is read as ISO-8859-1.
/// @return nullopt if the field has no name, or nothing is left of it.
[[nodiscard]] std::optional<std::string> suggested_file_name(std::string_view content_disposition);

}  // namespace weft::http
