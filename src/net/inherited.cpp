#include "net/inherited.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <weft/net/inherited_descriptors.hpp>

#include "net/socket_core.hpp"

namespace weft {

namespace detail {

void check_listening(int fd, int family) {
  const auto option = [fd](int which) {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd, SOL_SOCKET, which, &value, &size) != 0) throw_system_error(errno, "listen on a descriptor");
    return value;
  };
  const bool listens = option(SO_ACCEPTCONN) != 0 && option(SO_TYPE) == SOCK_STREAM;
  if (!listens || (option(SO_DOMAIN) == AF_UNIX) != (family == AF_UNIX)) {
    throw_system_error(EINVAL, "listen on a descriptor");
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) throw_system_error(errno, "listen on a descriptor");
}

}  // namespace detail

namespace {

constexpr int first_inherited = 3;

std::optional<long> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits{text};
  long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::vector<inherited_descriptor> inherited_descriptors() {
  std::vector<inherited_descriptor> all;
  const std::optional<long> process = number_in("LISTEN_PID");
  const std::optional<long> count = number_in("LISTEN_FDS");
  if (!process || !count || *process != ::getpid()) return all;
  const char* const list = std::getenv("LISTEN_FDNAMES");
  std::string_view names{list == nullptr ? "" : list};
  for (int fd = first_inherited; fd < first_inherited + *count; ++fd) {
    const std::string_view name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;  // it is not there
    all.push_back({owned_descriptor{fd}, std::string{name}});
  }
  for (const char* const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  return all;
}

}  // namespace weft
