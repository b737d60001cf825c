#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <weft/net/tcp_listener.hpp>

#include "core/descriptor.hpp"
#include "net/inherited.hpp"
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

namespace {

tcp_stream stream_of(int accepted, const endpoint& peer) {
  auto core = std::make_unique<tcp_core>(accepted, peer);
  core->use_ring();
  return stream_access::make<tcp_stream>(std::move(core));
}

}  // namespace

tcp_stream tcp_accept_leaf::await_resume() {
  const int accepted = take();
  return stream_of(accepted, peer());
}

namespace {

std::unique_ptr<listener_core> take_over(owned_descriptor listening) {
  (void)require_loop("tcp_listener");
  check_listening(listening.get(), AF_INET);
  const int on = 1;
  ::setsockopt(listening.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const endpoint bound = endpoint_access::local(listening.get());
  return std::make_unique<listener_core>(listening.release(), bound);
}

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
tcp_listener::tcp_listener(owned_descriptor listening) : core_{detail::take_over(std::move(listening))} {}
tcp_listener::tcp_listener(tcp_listener&& other) noexcept = default;
tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept = default;
tcp_listener::~tcp_listener() = default;

detail::tcp_accept_operation tcp_listener::accept() {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return {core_.get()};
}

std::vector<tcp_stream> tcp_listener::close_and_take() {
  std::vector<tcp_stream> came;
  if (!core_ || !core_->is_open()) return came;
  core_->stop_listening();
  endpoint peer;
  for (int fd = core_->accept(peer); fd >= 0; fd = core_->accept(peer)) came.push_back(detail::stream_of(fd, peer));
  core_->close();
  return came;
}

int tcp_listener::native_handle() const noexcept { return core_ ? core_->watch.fd : -1; }

void tcp_listener::close() noexcept {
  if (core_) core_->close();
}

endpoint tcp_listener::local_address() const {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return core_->address;
}

}  // namespace weft
