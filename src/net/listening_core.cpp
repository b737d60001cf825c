#include "net/listening_core.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "core/loop.hpp"
#include "net/socket_address.hpp"

namespace weft::detail {

listening_core::listening_core(int fd) : socket_core{fd} {
  if (kernel_ring* const ring = loop_of(*this_thread_loop).kernel->ring()) {
    request_.reset(new accept_request{*ring, watch});
  }
}

int listening_core::accept(endpoint& peer) noexcept {
  sockaddr_storage address{};
  auto* const into = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  int accepted = -1;
  if (request_) accepted = request_->accept();
  if (request_ && (accepted >= 0 || !stopped_)) {
    if (accepted >= 0 && ::getpeername(accepted, into, &length) != 0) {
      ::close(accepted);  // it was reset meanwhile, and nobody knows whose it was
      errno = ECONNABORTED;
      return -1;
    }
  } else {
    accepted = ::accept4(watch.fd, into, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }
  if (accepted >= 0) peer = endpoint_access::from(address);
  return accepted;
}

void listening_core::stop_listening() noexcept {
  stopped_ = true;
  if (request_) request_->stop();
}

void listening_core::watch_it() {
  if (!request_) socket_core::watch_it();
}

void listening_core::release(int fd) noexcept {
  if (request_) request_->close();
  socket_core::release(fd);
}

}  // namespace weft::detail
