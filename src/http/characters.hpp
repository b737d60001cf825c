#pragma once

// Classes of bytes, and how to show bytes that may be anything in an error message.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace weft::http::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// True for the bytes a field value, a reason and a chunk extension must not have: controls but the tab.
constexpr bool is_forbidden_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

inline constexpr std::array<bool, 256> token_bytes = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// True for the bytes of a token: methods and field names. RFC 9110, section 5.6.2.
constexpr bool is_token_byte(char c) noexcept { return token_bytes[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text)
    if (!is_token_byte(c)) return false;
  return !text.empty();
}

/// Equal but for the case of ASCII letters.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && ((a[i] ^ b[i]) != 0x20 || !is_letter(a[i]))) return false;
  return true;
}

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Without the spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// One byte as `"a"` or `0x1b`.
std::string shown(char byte);

/// In quotes, with everything that is not printable ASCII escaped, cut after `limit` bytes.
std::string quoted(std::string_view bytes, std::size_t limit = 48);

}  // namespace weft::http::detail
