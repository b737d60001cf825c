#pragma once

#include <string>
#include <string_view>
#include <weft/http/percent_encoding.hpp>

namespace weft::http::detail {

/// Appends `text` with the bytes of `set` percent-encoded.
void append_encoded(std::string& out, std::string_view text, percent_encode_set set);

}  // namespace weft::http::detail
