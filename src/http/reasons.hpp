#pragma once

#include <string_view>

namespace weft::http::detail {

/// "HTTP/1.1 200 OK\r\n"; for a status without a name of its own, empty. RFC 9110, section 15.
std::string_view status_line(int status) noexcept;

/// "Not Found"; empty for a status without a name.
std::string_view reason_of(int status) noexcept;

}  // namespace weft::http::detail
