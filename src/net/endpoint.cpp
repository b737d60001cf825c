#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <weft/net/endpoint.hpp>

#include "net/socket_address.hpp"

namespace weft {

std::optional<endpoint> endpoint::parse(std::string_view address, std::uint16_t port) {
  endpoint parsed;
  parsed.port_ = port;
  std::string text{address};
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, text.c_str(), parsed.bytes_.data()) == 1) return parsed;

  if (const auto percent = text.find('%'); percent != std::string::npos) {
    const std::string zone = text.substr(percent + 1);
    text.resize(percent);
    const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), parsed.scope_);
    if (error != std::errc{} || end != zone.data() + zone.size()) parsed.scope_ = ::if_nametoindex(zone.c_str());
    if (parsed.scope_ == 0) return std::nullopt;
  }
  parsed.v6_ = true;
  if (::inet_pton(AF_INET6, text.c_str(), parsed.bytes_.data()) != 1) return std::nullopt;
  return parsed;
}

std::string endpoint::address() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
  std::string result = text;
  if (scope_ != 0) result.append("%").append(std::to_string(scope_));
  return result;
}

std::string endpoint::to_string() const {
  const std::string number = std::to_string(port_);
  return v6_ ? "[" + address() + "]:" + number : address() + ":" + number;
}

endpoint endpoint_access::from(const sockaddr_in& v4) noexcept {
  endpoint e;
  std::memcpy(e.bytes_.data(), &v4.sin_addr, sizeof v4.sin_addr);
  e.port_ = ntohs(v4.sin_port);
  return e;
}

endpoint endpoint_access::from(const sockaddr_in6& v6) noexcept {
  endpoint e;
  e.v6_ = true;
  std::memcpy(e.bytes_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  e.scope_ = v6.sin6_scope_id;
  e.port_ = ntohs(v6.sin6_port);
  return e;
}

endpoint endpoint_access::from(const sockaddr_storage& any) noexcept {
  if (any.ss_family == AF_INET6) return from(reinterpret_cast<const sockaddr_in6&>(any));
  if (any.ss_family == AF_INET) return from(reinterpret_cast<const sockaddr_in&>(any));
  return {};
}

socklen_t endpoint_access::to(const endpoint& e, sockaddr_storage& out) noexcept {
  out = {};
  if (e.v6_) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, e.bytes_.data(), sizeof v6.sin6_addr);
    v6.sin6_scope_id = e.scope_;
    v6.sin6_port = htons(e.port_);
    return sizeof v6;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, e.bytes_.data(), sizeof v4.sin_addr);
  v4.sin_port = htons(e.port_);
  return sizeof v4;
}

endpoint endpoint_access::local(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return from(address);
}

endpoint endpoint_access::unmapped(const endpoint& e) noexcept {
  constexpr std::array<std::uint8_t, 12> clothes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!e.v6_ || !std::equal(clothes.begin(), clothes.end(), e.bytes_.begin())) return e;
  endpoint v4;
  std::copy(e.bytes_.begin() + clothes.size(), e.bytes_.end(), v4.bytes_.begin());
  v4.port_ = e.port_;
  return v4;
}

endpoint endpoint_access::owner_of(const endpoint& e) noexcept {
  constexpr std::size_t network = 8;
  endpoint owner = with_port(unmapped(e), 0);
  const auto host = owner.bytes_.begin() + network;
  // The network of ::1 is nobody's.
  if (owner.v6_ && std::any_of(owner.bytes_.begin(), host, [](std::uint8_t byte) { return byte != 0; }))
    std::fill(host, owner.bytes_.end(), std::uint8_t{0});
  return owner;
}

endpoint endpoint_access::remote(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return from(address);
}

}  // namespace weft
