#pragma once

#include <string_view>

namespace weft::http::detail {

/// The media type that a file's name tells, with the charset for text (UTF-8); application/octet-stream for names that
/// tell nothing. Static.
std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace weft::http::detail
