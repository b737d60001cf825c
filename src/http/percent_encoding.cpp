#include "percent_encoding.hpp"

#include <array>
#include <cstddef>

#include "characters.hpp"

namespace weft::http {

namespace {

using byte_set = std::array<bool, 256>;

constexpr byte_set with(byte_set set, std::string_view more) {
  for (const char c : more) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr byte_set controls = [] {
  byte_set set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = c < 0x20 || c > 0x7e;
  return set;
}();
constexpr byte_set fragment = with(controls, " \"<>`");
constexpr byte_set query = with(controls, " \"#<>");
constexpr byte_set special_query = with(query, "'");
constexpr byte_set path = with(query, "?^`{}");
constexpr byte_set userinfo = with(path, "/:;=@[\\]|");
constexpr byte_set component = with(userinfo, "$%&+,");
constexpr byte_set form = with(component, "!'()~");

// In the order of percent_encode_set.
constexpr std::array<const byte_set*, 8> sets = {&controls, &fragment, &query,     &special_query,
                                                 &path,     &userinfo, &component, &form};

}  // namespace

void detail::append_encoded(std::string& out, std::string_view text, percent_encode_set set) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const byte_set& encoded = *sets[static_cast<std::size_t>(set)];
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!encoded[byte]) continue;
    out.append(text.substr(done, i - done));
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
    done = i + 1;
  }
  out.append(text.substr(done));
}

std::string percent_encode(std::string_view text, percent_encode_set set) {
  std::string out;
  detail::append_encoded(out, text, set);
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = detail::hex_value(text[i + 1]);
      const int low = detail::hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace weft::http
