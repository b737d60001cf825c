#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <weft/net/tcp_listener.hpp>

#include "core/descriptor.hpp"
#include "net/listening_core.hpp"
#include "net/socket_address.hpp"
#include "net/tcp_core.hpp"

namespace weft {

namespace detail {

class listener_core final : public listening_core {
 public:
  listener_core(int fd, const endpoint& at) : listening_core{fd}, address{at} {}
  std::string describe() const override { return address.to_string(); }

  endpoint address;
};

tcp_accept_leaf::tcp_accept_leaf(listener_core& listener) noexcept : accept_leaf{listener} {}

tcp_stream tcp_accept_leaf::await_resume() {
  auto core = std::make_unique<tcp_core>(take(), peer());
  core->use_ring();
  return stream_access::make<tcp_stream>(std::move(core));
}

namespace {

std::unique_ptr<listener_core> listen_on(const endpoint& at, const listen_options& options) {
  const std::string what = "listen on " + at.to_string();
  descriptor fd{::socket(at.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
  if (!fd) throw_system_error(errno, what);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.is_v6()) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (options.reuse_port && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    throw_system_error(errno, what);
  }
  // Accepted sockets inherit it.
  if (options.no_delay) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage address{};
  const socklen_t length = endpoint_access::to(at, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) throw_system_error(errno, what);
  if (::listen(fd.get(), options.backlog) != 0) throw_system_error(errno, what);
  const endpoint bound = endpoint_access::local(fd.get());
  return std::make_unique<listener_core>(fd.release(), bound);
}

}  // namespace
}  // namespace detail

tcp_listener::tcp_listener(const endpoint& at, listen_options options) : core_{detail::listen_on(at, options)} {}
tcp_listener::tcp_listener(tcp_listener&& other) noexcept = default;
tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept = default;
tcp_listener::~tcp_listener() = default;

detail::tcp_accept_operation tcp_listener::accept() {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return {core_.get()};
}

void tcp_listener::close() noexcept {
  if (core_) core_->close();
}

endpoint tcp_listener::local_address() const {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return core_->address;
}

}  // namespace weft
