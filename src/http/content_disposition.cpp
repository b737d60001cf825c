#include <algorithm>
#include <cstddef>
#include <weft/http/content_disposition.hpp>
#include <weft/http/percent_encoding.hpp>

#include "characters.hpp"
#include "parameters.hpp"

namespace weft::http {

namespace {

constexpr std::size_t longest_name = 255;  // what file systems take

/// How many bytes the UTF-8 character at the front has; 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : (first & 0xf0) == 0xe0         ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  return overlong || surrogate || (first == 0xf4 && second > 0x8f) ? 0 : length;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

/// `UTF-8'en'%e2%82%ac%20rates`. RFC 8187, section 3.2.
std::optional<std::string> decode_extended(std::string_view text) {
  const std::size_t charset_end = text.find('\'');
  if (charset_end == std::string_view::npos) return std::nullopt;
  const std::size_t language_end = text.find('\'', charset_end + 1);
  if (language_end == std::string_view::npos) return std::nullopt;
  const std::string_view charset = text.substr(0, charset_end);
  std::string value = percent_decode(text.substr(language_end + 1));
  if (detail::equal_ignoring_case(charset, "utf-8"))
    return is_utf8(value) ? std::optional{std::move(value)} : std::nullopt;
  if (detail::equal_ignoring_case(charset, "iso-8859-1")) return from_latin1(value);
  return std::nullopt;
}

std::optional<std::string> made_safe(std::string name) {
  if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string::npos) name.erase(0, slash + 1);
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  while (!name.empty() && name.back() == ' ') name.pop_back();
  while (!name.empty() && name.front() == ' ') name.erase(0, 1);
  if (name.size() > longest_name) {
    std::size_t end = longest_name;
    while ((static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    name.resize(end);
  }
  if (name.find_first_not_of('.') == std::string::npos) return std::nullopt;
  if (name.front() == '.') name.front() = '_';
  return name;
}

}  // namespace

std::optional<std::string> suggested_file_name(std::string_view content_disposition) {
  const std::size_t semicolon = content_disposition.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::optional<std::string> plain;
  std::optional<std::string> extended;
  detail::parameter_reader parameters{content_disposition.substr(semicolon)};
  while (std::optional<detail::parameter> each = parameters.next()) {
    if (each->name == "filename" && !plain)
      plain = is_utf8(each->value) ? std::move(each->value) : from_latin1(each->value);
    if (each->name == "filename*" && !extended && !each->quoted) extended = decode_extended(each->value);
  }
  if (extended) {
    if (std::optional<std::string> name = made_safe(*std::move(extended))) return name;
  }
  return plain ? made_safe(*std::move(plain)) : std::nullopt;
}

}  // namespace weft::http
