#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/descriptor.hpp"

namespace weft::detail {

/// Throws std::system_error for errno: "open /etc/shadow: Permission denied".
[[noreturn]] inline void throw_file_error(const char* operation, const std::filesystem::path& path, int error = errno) {
  throw std::system_error{error, std::generic_category(), std::string{operation} + " " + path.string()};
}

/// Calls a system call until no signal interrupts it.
template <class F>
auto without_interrupts(F call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace weft::detail
