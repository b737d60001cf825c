#pragma once

#include <string_view>

namespace weft::http::detail {

/// True for `host:port` and `[address]:port` as Host and CONNECT have them. Stricter than RFC 3986: a comma would make
/// a list of two, and a user name has no place there.
/// @param port_needed if not, the port may be missing, and all of it.
bool is_authority(std::string_view text, bool port_needed) noexcept;

}  // namespace weft::http::detail
