#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <weft/net/tcp_listener.hpp>

#include "core/descriptor.hpp"
#include "net/socket_address.hpp"
#include "net/tcp_core.hpp"

namespace weft {

namespace detail {

class listener_core final : public socket_core {
 public:
  listener_core(int fd, const endpoint& at, bool no_delay) : socket_core{fd}, address{at}, no_delay_{no_delay} {}
  std::string describe() const override { return address.to_string(); }
  bool no_delay() const noexcept { return no_delay_; }

  endpoint address;

 private:
  bool no_delay_;
};

accept_leaf::accept_leaf(listener_core& listener) noexcept : socket_leaf{listener, direction::read} {}

accept_leaf::~accept_leaf() {
  if (accepted_ >= 0) ::close(accepted_);
}

bool accept_leaf::attempt() noexcept {
  if (!socket_->is_open()) {
    error_ = EBADF;
    return true;
  }
  if (must_yield()) return false;
  for (;;) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    accepted_ =
        ::accept4(socket_->watch.fd, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted_ >= 0) {
      peer_ = endpoint_access::from(address);
      return true;
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED:
      case EPROTO:
        continue;  // that connection is gone; there may be others
      case EAGAIN:
        return false;
      default:
        error_ = errno;
        return true;
    }
  }
}

tcp_stream accept_leaf::await_resume() {
  check("accept on");
  if (static_cast<listener_core*>(socket_)->no_delay()) {
    const int on = 1;
    ::setsockopt(accepted_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return stream_access::make<tcp_stream>(std::make_unique<tcp_core>(std::exchange(accepted_, -1), peer_));
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
  sockaddr_storage address{};
  const socklen_t length = endpoint_access::to(at, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) throw_system_error(errno, what);
  if (::listen(fd.get(), options.backlog) != 0) throw_system_error(errno, what);
  const endpoint bound = endpoint_access::local(fd.get());
  return std::make_unique<listener_core>(fd.release(), bound, options.no_delay);
}

}  // namespace
}  // namespace detail

tcp_listener::tcp_listener(const endpoint& at, listen_options options) : core_{detail::listen_on(at, options)} {}
tcp_listener::tcp_listener(tcp_listener&& other) noexcept = default;
tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept = default;
tcp_listener::~tcp_listener() = default;

detail::accept_operation tcp_listener::accept() {
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
