#include "net/listening_core.hpp"

#include <sys/socket.h>

#include "core/loop.hpp"
#include "net/socket_address.hpp"

namespace weft::detail {

listening_core::listening_core(int fd) : socket_core{fd} {
  if (kernel_ring* const ring = loop_of(*this_thread_loop).kernel->ring()) {
    request_.reset(new accept_request{*ring, watch});
  }
}

int listening_core::accept(endpoint& peer) noexcept {
  if (request_) {
    const int accepted = request_->accept();
    if (accepted >= 0) peer = endpoint_access::remote(accepted);
    return accepted;
  }
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const int accepted =
      ::accept4(watch.fd, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) peer = endpoint_access::from(address);
  return accepted;
}

void listening_core::watch_it() {
  if (!request_) socket_core::watch_it();
}

void listening_core::release(int fd) noexcept {
  if (request_) request_->close();
  socket_core::release(fd);
}

}  // namespace weft::detail
