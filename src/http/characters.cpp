#include "characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& out, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  out += hex_digits[value >> 4];
  out += hex_digits[value & 15];
}

bool is_printable(char byte) noexcept { return byte >= 0x20 && byte < 0x7f; }

}  // namespace

std::string shown(char byte) {
  std::string out;
  if (is_printable(byte)) {
    out += '"';
    out += byte;
    out += '"';
  } else {
    out += "0x";
    append_hex(out, byte);
  }
  return out;
}

std::string quoted(std::string_view bytes, std::size_t limit) {
  std::string out = "\"";
  for (const char byte : bytes.substr(0, limit)) {
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += byte;
    } else if (is_printable(byte)) {
      out += byte;
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else {
      out += "\\x";
      append_hex(out, byte);
    }
  }
  out += '"';
  if (bytes.size() > limit) out += "...";
  return out;
}

}  // namespace weft::http::detail
