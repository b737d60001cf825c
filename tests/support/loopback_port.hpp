#pragma once

// Ports of the loopback for servers that do not pick their own.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace weft::testing {

namespace detail {

inline sockaddr_in loopback_address(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace detail

/// A socket that is bound to a port which the kernel picked.
struct bound_socket {
  int descriptor;
  std::uint16_t port;
};

inline bound_socket bind_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = detail::loopback_address(0);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"no loopback socket"};
  return {fd, ntohs(address.sin_port)};
}

/// A port where nothing listens. Another program may take it at any time.
inline std::uint16_t unused_port() {
  const bound_socket bound = bind_loopback();
  ::close(bound.descriptor);
  return bound.port;
}

inline bool listens(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = detail::loopback_address(port);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

}  // namespace weft::testing
