#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <weft/net/tcp_stream.hpp>

#include "net/socket_address.hpp"
#include "net/socket_option.hpp"
#include "net/tcp_core.hpp"

namespace weft {

namespace detail {

void make_non_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) >= 0) return;
  const int error = errno;
  ::close(fd);
  throw_system_error(error, "fcntl");
}

endpoint tcp_core::local() const { return endpoint_access::local(watch.fd); }
int tcp_core::set_option(int level, int option, const void* value, socklen_t size) const noexcept {
  return ::setsockopt(watch.fd, level, option, value, size);
}

namespace {

const tcp_core& tcp_core_of(const byte_stream& stream) {
  const auto* const core = dynamic_cast<tcp_core*>(&stream_access::core(stream));
  if (core == nullptr) throw std::logic_error{"another kind of stream was assigned to a tcp_stream"};
  return *core;
}

}  // namespace
}  // namespace detail

tcp_stream tcp_stream::from_descriptor(int fd) {
  detail::make_non_blocking(fd);
  const endpoint peer = endpoint_access::remote(fd);
  auto core = std::make_unique<detail::tcp_core>(fd, peer);
  const int on = 1;
  // A Unix socket has no such option, and its recv() may end between two messages.
  core->drains = ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  core->use_ring();
  return stream_access::make<tcp_stream>(std::move(core));
}

endpoint tcp_stream::local_address() const { return detail::tcp_core_of(*this).local(); }
endpoint tcp_stream::remote_address() const { return detail::tcp_core_of(*this).remote; }

void tcp_stream::set_no_delay(bool on) {
  detail::set_option(detail::tcp_core_of(*this), IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0, "TCP_NODELAY");
}
void tcp_stream::set_keep_alive(bool on, std::chrono::seconds idle, std::chrono::seconds interval) {
  const detail::tcp_core& core = detail::tcp_core_of(*this);
  detail::set_option(core, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0, "SO_KEEPALIVE");
  if (!on) return;
  detail::set_option(core, IPPROTO_TCP, TCP_KEEPIDLE, detail::in_range(idle.count()), "TCP_KEEPIDLE");
  detail::set_option(core, IPPROTO_TCP, TCP_KEEPINTVL, detail::in_range(interval.count()), "TCP_KEEPINTVL");
}
void tcp_stream::set_receive_buffer(std::size_t bytes) {
  detail::set_option(detail::tcp_core_of(*this), SOL_SOCKET, SO_RCVBUF, detail::in_range(bytes), "SO_RCVBUF");
}
void tcp_stream::set_send_buffer(std::size_t bytes) {
  detail::set_option(detail::tcp_core_of(*this), SOL_SOCKET, SO_SNDBUF, detail::in_range(bytes), "SO_SNDBUF");
}
void tcp_stream::set_reset_on_close(bool on) {
  detail::set_option(detail::tcp_core_of(*this), SOL_SOCKET, SO_LINGER, linger{on ? 1 : 0, 0}, "SO_LINGER");
}

}  // namespace weft
