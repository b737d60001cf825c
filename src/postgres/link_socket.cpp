#include "postgres/link_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <weft/net/detail/socket_leaf.hpp>

namespace weft::postgres::detail {

int copy_of(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error{errno, std::generic_category(), "fcntl"};
  return copy;
}

bool is_ready(int fd, short events) noexcept {
  pollfd asked{fd, events, 0};
  return ::poll(&asked, 1, 0) > 0;
}

namespace {

/// Waits until a socket is ready. libpq does not always read all there is, so an edge is not enough.
class ready_leaf final : public weft::detail::socket_leaf {
 public:
  ready_leaf(link_socket& socket, bool to_write) noexcept
      : socket_leaf{socket, to_write ? direction::write : direction::read},
        events_{static_cast<short>(to_write ? POLLOUT : POLLIN)} {}
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "a PostgreSQL server"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open()) return true;
    if (must_yield()) return false;
    return is_ready(socket_->watch.fd, events_);
  }
  short events_;
};

}  // namespace

void link_socket::release(int fd) noexcept {
  if (own_) ::close(fd);
}

task<> wait_until_ready(link_socket& socket, bool to_write) { co_await ready_leaf{socket, to_write}; }

}  // namespace weft::postgres::detail
