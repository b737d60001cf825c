#include "http/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <weft/http/error.hpp>

#include "http/characters.hpp"
#include "net/socket_address.hpp"

namespace weft::http::detail {

namespace {

constexpr std::string_view first_mark = "PROXY ";
constexpr std::string_view second_mark{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t longest_line = 107;  // of version 1
constexpr std::size_t most_extra = 4096;   // of version 2, behind its first 16 bytes

[[noreturn]] void refuse(std::string_view input) {
  throw protocol_error{"no header of the PROXY protocol: " + quoted(input.substr(0, longest_line))};
}

/// As far as both go.
bool begins(std::string_view input, std::string_view mark) noexcept {
  const std::size_t common = std::min(input.size(), mark.size());
  return input.substr(0, common) == mark.substr(0, common);
}

std::uint16_t port_in(std::string_view text, std::string_view line) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(line);
  return port;
}

// PROXY TCP4 192.0.2.1 192.0.2.2 56324 443
std::optional<proxy_header> read_line(std::string_view input) {
  const std::size_t end = input.substr(0, longest_line).find("\r\n");
  if (end == input.npos) {
    if (input.size() >= longest_line) refuse(input);
    return std::nullopt;
  }
  const std::string_view line = input.substr(0, end);
  std::array<std::string_view, 7> words;  // one more than there may be
  std::size_t count = 0;
  for (std::string_view rest = line; count < words.size(); ++count) {
    const std::size_t space = rest.find(' ');
    words[count] = rest.substr(0, space);
    if (space == rest.npos) {
      ++count;
      break;
    }
    rest.remove_prefix(space + 1);
  }
  proxy_header header{.size = end + 2, .client = std::nullopt};
  if (count >= 2 && words[1] == "UNKNOWN") return header;
  const bool v6 = words[1] == "TCP6";
  if (count != 6 || (!v6 && words[1] != "TCP4")) refuse(line);
  header.client = endpoint::parse(words[2], port_in(words[4], line));
  const std::optional<endpoint> to = endpoint::parse(words[3], port_in(words[5], line));
  if (!header.client || !to || header.client->is_v6() != v6 || to->is_v6() != v6) refuse(line);
  return header;
}

std::optional<proxy_header> read_binary(std::string_view input) {
  constexpr std::size_t fixed = 16;
  if (input.size() < fixed) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  const unsigned command = byte(12);
  const unsigned family = byte(13);
  const std::size_t extra = static_cast<std::size_t>(byte(14)) << 8 | byte(15);
  if (command != 0x20 && command != 0x21) refuse(input.substr(0, fixed));  // version 2: LOCAL, PROXY
  if (extra > most_extra) refuse(input.substr(0, fixed));
  if (input.size() < fixed + extra) return std::nullopt;
  proxy_header header{.size = fixed + extra, .client = std::nullopt};
  if (command == 0x20) return header;
  const char* const addresses = input.data() + fixed;
  if (family == 0x11) {
    if (extra < 12) refuse(input.substr(0, fixed));
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, addresses, 4);
    std::memcpy(&v4.sin_port, addresses + 8, 2);
    header.client = endpoint_access::from(v4);
  } else if (family == 0x21) {
    if (extra < 36) refuse(input.substr(0, fixed));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, addresses, 16);
    std::memcpy(&v6.sin6_port, addresses + 32, 2);
    header.client = endpoint_access::from(v6);
  }
  return header;
}

}  // namespace

std::optional<proxy_header> read_proxy_header(std::string_view input) {
  if (begins(input, second_mark) && !input.empty()) {
    if (input.size() < second_mark.size()) return std::nullopt;
    return read_binary(input);
  }
  if (!begins(input, first_mark)) refuse(input);
  return read_line(input);
}

}  // namespace weft::http::detail
