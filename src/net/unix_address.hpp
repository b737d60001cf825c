#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

#include "net/socket_core.hpp"

namespace weft::detail {

/// A path or an abstract name in the kernel's form.
struct unix_address {
  /// @param what is to be done with it, for messages. Throws std::system_error if it is too long;
  ///             std::invalid_argument if it is empty, or no path and no abstract name either.
  unix_address(const std::string& path, const char* what) {
    if (path.empty()) throw std::invalid_argument{std::string{what} + " a Unix socket: no path given"};
    if (path.front() != '\0' && path.find('\0') != std::string::npos) {
      throw std::invalid_argument{std::string{what} + " a Unix socket: a NUL in the path " +
                                  path.substr(0, path.find('\0'))};
    }
    if (path.size() >= sizeof name.sun_path) {
      throw_system_error(ENAMETOOLONG, std::string{what} + " " + display(path) + ": more than the " +
                                           std::to_string(sizeof name.sun_path - 1) + " bytes of a Unix socket's path");
    }
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.data(), path.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '\0' ? 0 : 1));
  }

  /// What a socket is bound to: a path, an abstract name, or "" if it is to none.
  static std::string bound_to(int fd) {
    sockaddr_un bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) throw_system_error(errno, "getsockname");
    constexpr std::size_t before = offsetof(sockaddr_un, sun_path);
    if (size <= before) return {};
    const std::size_t most = size - before;
    return {bound.sun_path, bound.sun_path[0] == '\0' ? most : ::strnlen(bound.sun_path, most)};
  }

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&name); }

  /// As messages have it.
  static std::string display(std::string path) {
    for (char& c : path) {
      if (c == '\0') c = '@';
    }
    return path;
  }

  sockaddr_un name{};
  socklen_t length = 0;
};

}  // namespace weft::detail
