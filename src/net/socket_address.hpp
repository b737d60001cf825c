#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <weft/net/endpoint.hpp>

namespace weft {

/// Endpoints in the kernel's form.
class endpoint_access {
 public:
  static endpoint from(const sockaddr_in& v4) noexcept;
  static endpoint from(const sockaddr_in6& v6) noexcept;
  /// An endpoint without meaning for families other than IPv4 and IPv6.
  static endpoint from(const sockaddr_storage& any) noexcept;
  /// Returns the length.
  static socklen_t to(const endpoint& e, sockaddr_storage& out) noexcept;

  static endpoint with_port(endpoint e, std::uint16_t port) noexcept {
    e.port_ = port;
    return e;
  }

  /// Of an IPv4 address the first four.
  static const std::array<std::uint8_t, 16>& bytes(const endpoint& e) noexcept { return e.bytes_; }

  /// IPv4 addresses in IPv6 clothes (::ffff:1.2.3.4) without them.
  static endpoint unmapped(const endpoint& e) noexcept;

  /// Whose it is, as far as an address tells: IPv6 users have a network of 64 bits, all addresses of which are theirs.
  /// The port is 0.
  static endpoint owner_of(const endpoint& e) noexcept;

  /// What a socket is bound to; an endpoint without meaning if the kernel does not say.
  static endpoint local(int fd) noexcept;
  static endpoint remote(int fd) noexcept;
};

}  // namespace weft
