#pragma once

#include <string>
#include <string_view>

namespace weft::tool {

/// True if `text` is UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. RFC 8259.
void append_json_string(std::string& out, std::string_view text);

/// Appends `bytes` as base64 with padding, without quotes. RFC 4648, section 4.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace weft::tool
