#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/core/shield.hpp>
#include <weft/core/task_group.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/open_connection.hpp>
#include <weft/net/resolve.hpp>

#include "net/socket_address.hpp"
#include "net/tcp_core.hpp"

namespace weft {

namespace detail {

namespace {

/// Waits until a connecting socket has an answer; gives 0 or an errno value.
class connect_leaf final : public socket_leaf {
 public:
  connect_leaf(tcp_core& stream, const endpoint& to) noexcept
      : socket_leaf{stream, direction::write}, fd_{stream.watch.fd}, to_{to} {}
  int await_resume() const noexcept { return error_; }
  const char* describe() const noexcept override { return "open_connection"; }

 private:
  bool attempt() noexcept override {
    if (!std::exchange(begun_, true)) {
      sockaddr_storage address{};
      const socklen_t length = endpoint_access::to(to_, address);
      int failed = 0;
      do {
        failed = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), length);
      } while (failed != 0 && errno == EINTR);
      if (failed == 0) return true;
      if (errno == EINPROGRESS) return false;
      error_ = errno;
      return true;
    }
    socklen_t length = sizeof error_;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error_, &length);
    if (error_ != 0) return true;
    sockaddr_storage peer{};
    length = sizeof peer;
    return ::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
  }

  int fd_;
  endpoint to_;
  bool begun_ = false;
};

/// An address that did not work.
struct failed_attempt {
  endpoint address;
  int error;
};

/// Connecting to one host: what the attempts at its addresses share.
struct connection_race {
  connect_options options;
  std::optional<tcp_stream> winner;
  std::vector<failed_attempt> failed;
};

/// Tries one address; true if it has won.
task<bool> try_address(connection_race& race, endpoint to) {
  const int fd = ::socket(to.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (fd < 0) {
    race.failed.push_back({to, errno});
    co_return false;
  }
  // The socket's core exists before the connection does, since it watches the descriptor.
  auto core = std::make_unique<tcp_core>(fd, to);
  if (race.options.no_delay) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const int error = co_await connect_leaf{*core, to};
  if (error != 0) {
    race.failed.push_back({to, error});
    co_return false;
  }
  if (race.winner) co_return false;
  core->use_ring();
  race.winner = stream_access::make<tcp_stream>(std::move(core));
  co_return true;
}

task<> compete(connection_race& race, endpoint to, task_group& others) {
  const bool won = co_await try_address(race, to);
  if (won) others.cancel();
}

/// RFC 8305, section 4: the families in turn, beginning with the one the system prefers.
std::vector<endpoint> alternate_families(const std::vector<endpoint>& preferred) {
  std::vector<endpoint> same;
  std::vector<endpoint> other;
  for (const endpoint& e : preferred) (e.is_v6() == preferred.front().is_v6() ? same : other).push_back(e);
  std::vector<endpoint> mixed;
  for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) mixed.push_back(same[i]);
    if (i < other.size()) mixed.push_back(other[i]);
  }
  return mixed;
}

task<> race_addresses(connection_race& race, std::vector<endpoint> addresses) {
  co_await with(task_group{}, [&](task_group& attempts) -> task<> {
    for (const endpoint& to : addresses) {
      const task_handle<void> attempt = attempts.create_task(compete(race, to, attempts));
      if (&to == &addresses.back()) break;
      co_await move_on_after(race.options.attempt_delay, shield(attempt));
    }
  });
}

std::string place(const std::string& host, std::uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

[[noreturn]] void throw_failures(const connection_race& race, const std::string& where) {
  std::string text = "connect to " + where;
  const char* separator = " (";
  for (const failed_attempt& f : race.failed) {
    const std::string address = f.address.to_string();
    if (race.failed.size() == 1 && address == where) continue;
    text.append(separator).append(address);
    if (race.failed.size() > 1) text.append(": ").append(std::generic_category().message(f.error));
    separator = ", ";
  }
  if (separator[0] == ',') text.append(")");
  throw_system_error(race.failed.front().error, text);
}

task<tcp_stream> connect_to_one_of(std::vector<endpoint> addresses, std::string where, connect_options options) {
  connection_race race{options, {}, {}};
  if (addresses.size() == 1) {
    co_await try_address(race, addresses.front());
  } else {
    co_await race_addresses(race, alternate_families(addresses));
  }
  if (!race.winner) throw_failures(race, where);
  co_return std::move(*race.winner);
}

task<tcp_stream> connect_to_host(std::string host, std::uint16_t port, std::string where, connect_options options) {
  std::vector<endpoint> found = co_await resolve(std::move(host), port);
  co_return co_await connect_to_one_of(std::move(found), std::move(where), options);
}

task<tcp_stream> in_time(task<tcp_stream> connecting, std::string where, std::chrono::nanoseconds limit) {
  std::optional<tcp_stream> stream = co_await move_on_after(limit, std::move(connecting));
  if (!stream) throw timeout_error{"connect to " + where + ": timed out"};
  co_return std::move(*stream);
}

}  // namespace
}  // namespace detail

task<tcp_stream> open_connection(std::string host, std::uint16_t port, connect_options options) {
  std::string where = detail::place(host, port);
  task<tcp_stream> connecting = detail::connect_to_host(std::move(host), port, where, options);
  if (options.timeout <= std::chrono::nanoseconds{0}) return connecting;
  return detail::in_time(std::move(connecting), std::move(where), options.timeout);
}

task<tcp_stream> open_connection(std::vector<endpoint> addresses, connect_options options) {
  if (addresses.empty()) throw std::invalid_argument{"open_connection needs an address"};
  std::string where = addresses.size() == 1 ? addresses.front().to_string() : "any of these";
  task<tcp_stream> connecting = detail::connect_to_one_of(std::move(addresses), where, options);
  if (options.timeout <= std::chrono::nanoseconds{0}) return connecting;
  return detail::in_time(std::move(connecting), std::move(where), options.timeout);
}

}  // namespace weft
