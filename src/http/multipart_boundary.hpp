#pragma once

#include <string_view>

namespace weft::http::detail {

/// True for what may separate the parts of a multipart body. RFC 2046, section 5.1.1; no spaces, which need quotes.
bool is_multipart_boundary(std::string_view text) noexcept;

}  // namespace weft::http::detail
