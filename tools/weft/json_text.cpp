#include "json_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::tool {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view replacement = "\xef\xbf\xbd";

constexpr unsigned byte(char c) noexcept { return static_cast<unsigned char>(c); }

/// Bytes that stand for themselves in a JSON string.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

/// The length of the UTF-8 sequence of two or more bytes that `text` begins with; 0 if it does not begin with one.
/// Unicode, table 3-7.
std::size_t sequence_length(std::string_view text) noexcept {
  const unsigned first = byte(text[0]);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  const unsigned lowest = first == 0xe0 ? 0xa0U : first == 0xf0 ? 0x90U : 0x80U;
  const unsigned highest = first == 0xed ? 0x9fU : first == 0xf4 ? 0x8fU : 0xbfU;
  if (byte(text[1]) < lowest || byte(text[1]) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(text[i]) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out.append({'\\', c});
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00").append({hex_digits[byte(c) >> 4], hex_digits[byte(c) & 15]});
  }
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t length = 1;
    if (byte(text[0]) >= 0x80) length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain[byte(text[run])]) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    if (byte(text[0]) < 0x80) {
      append_escaped(out, text[0]);
      text.remove_prefix(1);
    } else if (const std::size_t length = sequence_length(text); length > 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out.append(replacement);
      text.remove_prefix(1);
    }
  }
  out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!bytes.empty()) {
    const std::size_t count = bytes.size() < 3 ? bytes.size() : 3;
    std::uint32_t group = byte(bytes[0]) << 16;
    if (count > 1) group |= byte(bytes[1]) << 8;
    if (count > 2) group |= byte(bytes[2]);
    out += letters[group >> 18];
    out += letters[group >> 12 & 63];
    out += count > 1 ? letters[group >> 6 & 63] : '=';
    out += count > 2 ? letters[group & 63] : '=';
    bytes.remove_prefix(count);
  }
}

}  // namespace weft::tool
