#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>
#include <weft/net/endpoint.hpp>

namespace weft::testing {

inline const endpoint any_port_v4 = *endpoint::parse("127.0.0.1", 0);
inline const endpoint any_port_v6 = *endpoint::parse("::1", 0);

/// The loopback addresses that this machine has.
inline std::vector<endpoint> loopbacks() {
  std::vector<endpoint> found{any_port_v4};
  const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) found.push_back(any_port_v6);
  if (fd >= 0) ::close(fd);
  return found;
}

}  // namespace weft::testing
