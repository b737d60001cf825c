#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <limits>
#include <string>
#include <utility>

#include "net/socket_core.hpp"

namespace weft::detail {

/// Sets an option of a socket's core. Throws std::system_error that names the option and the socket.
template <class Core, class T>
void set_option(const Core& socket, int level, int option, const T& value, const std::string& what) {
  if (socket.set_option(level, option, &value, sizeof value) != 0) {
    throw_system_error(errno, what + " of " + socket.describe());
  }
}

/// The nearest value from 1 on that the kernel's options can take.
template <std::integral Number>
int in_range(Number value) noexcept {
  if (std::cmp_greater(value, std::numeric_limits<int>::max())) return std::numeric_limits<int>::max();
  return std::max(static_cast<int>(value), 1);
}

}  // namespace weft::detail
