#include "authority.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::array<bool, 256> host_bytes = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = 0; c < 0x80; ++c) table[c] = is_letter(static_cast<char>(c)) || is_digit(static_cast<char>(c));
  for (const char c : std::string_view{"-._~%!$&'()*+;="}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

bool is_authority(std::string_view text, bool port_needed) noexcept {
  std::string_view rest = text;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == rest.npos) return false;
    const auto fits = [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; };
    if (end < 3 || !std::ranges::all_of(rest.substr(1, end - 1), fits)) return false;
    rest.remove_prefix(end + 1);
  } else {
    const auto fits = [](char c) { return host_bytes[static_cast<unsigned char>(c)]; };
    rest = {std::ranges::find_if_not(rest, fits), rest.end()};
    if (rest.size() == text.size() && !text.empty()) return false;
  }
  if (rest.empty()) return !port_needed;
  if (rest.front() != ':' || !std::ranges::all_of(rest.substr(1), is_digit)) return false;
  return !port_needed || rest.size() > 1;
}

}  // namespace weft::http::detail
