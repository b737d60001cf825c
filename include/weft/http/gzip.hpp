#pragma once

#include <string>
#include <string_view>

namespace weft::http {

/// `bytes` in the content coding gzip, for the body of a request whose server is known to take it. RFC 1952.
/// @param level 1 (fast) to 9 (small). @throws std::invalid_argument for another level.
[[nodiscard]] std::string gzip(std::string_view bytes, int level = 6);

}  // namespace weft::http
