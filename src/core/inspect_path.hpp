#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/core/errors.hpp>

namespace weft::detail {

/// Where processes of `user` that are to be inspected have their sockets; ends in a slash.
inline std::string inspect_directory(uid_t user) {
  const char* const set = std::getenv("WEFT_INSPECT");  // NOLINT(concurrency-mt-unsafe)
  if (set != nullptr && *set == '/') return std::string{set} + "/";
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (runtime != nullptr && *runtime == '/' && user == ::geteuid()) return std::string{runtime} + "/weft/";
  return "/tmp/weft-" + std::to_string(user) + "/";
}

inline std::string inspect_socket_name(pid_t process) { return std::to_string(process) + ".sock"; }

/// Throws weft::error if others than `user` could have put something into the directory.
inline void check_inspect_directory(const std::string& path, uid_t user) {
  struct stat found{};
  const std::string plain = path.substr(0, path.size() - 1);  // with the slash, a symbolic link would be followed
  if (::lstat(plain.c_str(), &found) != 0) {
    throw std::system_error{errno, std::system_category(), "the directory of the inspector's sockets, " + path};
  }
  if (!S_ISDIR(found.st_mode) || found.st_uid != user || (found.st_mode & 077) != 0) {
    throw error{path + " must be a directory that belongs to the user and that nobody else can enter (chmod 700)"};
  }
}

/// Makes the directory for the user alone. Throws std::system_error, or weft::error if it exists and is unsafe.
inline std::string make_inspect_directory(uid_t user) {
  std::string path = inspect_directory(user);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw std::system_error{errno, std::system_category(), "WEFT_INSPECT: cannot make " + path};
  }
  check_inspect_directory(path, user);
  return path;
}

}  // namespace weft::detail
