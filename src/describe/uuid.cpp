#include <weft/describe/uuid.hpp>

#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace weft {
namespace {

constexpr bool dash_before(std::size_t byte) noexcept { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

uuid uuid::random() {
  uuid made;
  // So few bytes come in one piece once the system has any.
  while (::getrandom(made.bytes.data(), made.bytes.size(), 0) < 0)
    if (errno != EINTR) throw std::system_error{errno, std::system_category(), "getrandom"};
  made.bytes[6] = static_cast<std::uint8_t>((made.bytes[6] & 0x0f) | 0x40);
  made.bytes[8] = static_cast<std::uint8_t>((made.bytes[8] & 0x3f) | 0x80);
  return made;
}

std::optional<uuid> uuid::parse(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  uuid read;
  std::size_t at = 0;
  for (std::size_t i = 0; i < read.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    read.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return read;
}

std::string uuid::str() const {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += hex[bytes[i] >> 4];
    text += hex[bytes[i] & 15];
  }
  return text;
}

bool json_codec<uuid>::read(json_reader& reader, uuid& value) {
  std::string_view text;
  std::string buffer;
  if (reader.peek() != json_reader::kind::string) return reader.refuse(expects);
  if (!reader.read(text, buffer)) return false;
  const auto parsed = uuid::parse(text);
  if (!parsed) return reader.refuse(expects, detail::shown(text));
  value = *parsed;
  return true;
}

void json_codec<uuid>::write(json_writer& writer, const uuid& value) { writer.write(std::string_view{value.str()}); }

}  // namespace weft

std::size_t std::hash<weft::uuid>::operator()(const weft::uuid& value) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
}
