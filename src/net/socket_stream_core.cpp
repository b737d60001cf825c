#include "net/socket_stream_core.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/loop.hpp"
#include "net/without_sigpipe.hpp"

namespace weft::detail {

socket_stream_core::~socket_stream_core() {
  in.consume(in.size());  // it may be lent by the requests
}

void socket_stream_core::use_ring() {
  kernel_ring* const ring = loop_of(*this_thread_loop).kernel->ring();
  if (ring == nullptr) return;
  stop_watching(watch);
  try {
    requests_.reset(new socket_requests{*ring, watch});
  } catch (const std::system_error&) {
    return;  // the kernel gives no buffers: descriptors can be waited for all the same
  }
  watch.reader = watch.writer = {};
  drains_without_ring_ = std::exchange(drains, false);
}

void socket_stream_core::use_system_calls() {
  if (!requests_) return;
  requests_->stop_receiving();
  in.own();
  while (requests_->receive_what_has_come(in)) {
  }
  at_end = at_end || requests_->ended();
  requests_.reset();
  watch.waiting = nullptr;
  drains = drains_without_ring_;
}

ssize_t socket_stream_core::receive(std::span<char> room) noexcept {
  if (requests_) return requests_->receive(room);
  return ::recv(watch.fd, room.data(), room.size(), 0);
}

ssize_t socket_stream_core::receive_into_buffer() {
  if (requests_) return requests_->receive(in);
  return stream_core::receive_into_buffer();
}

ssize_t socket_stream_core::send(const msghdr& message) noexcept {
  if (requests_) return requests_->send(message);
  if (message.msg_iovlen == 1) {  // 0.1 us less work for the kernel
    return ::send(watch.fd, message.msg_iov->iov_base, message.msg_iov->iov_len, MSG_NOSIGNAL);
  }
  return ::sendmsg(watch.fd, &message, MSG_NOSIGNAL);
}

ssize_t socket_stream_core::send_file(int file, std::uint64_t offset, std::size_t size) noexcept {
  if (requests_ && !requests_->may_write()) {
    errno = EAGAIN;
    return -1;
  }
  auto at = static_cast<off_t>(offset);
  int error = 0;
  ssize_t sent = 0;
  {
    const without_sigpipe quiet;
    sent = ::sendfile(watch.fd, file, &at, size);
    error = errno;
    if (sent < 0 && error == EPIPE) quiet.forget();
  }
  if (sent < 0 && error == EAGAIN && requests_) requests_->wait_for_room();
  errno = error;
  return sent;
}

int socket_stream_core::shut_down_writing() noexcept { return ::shutdown(watch.fd, SHUT_WR); }

void socket_stream_core::watch_it() {
  if (!requests_) stream_core::watch_it();
}
bool socket_stream_core::in_kernel() const noexcept { return requests_ && requests_->sending(); }
void socket_stream_core::cancel_in_kernel() noexcept { requests_->cancel_send(); }
void socket_stream_core::wait_for_kernel() noexcept { requests_->wait_for_send(); }

void socket_stream_core::release(int fd) noexcept {
  if (requests_) requests_->close();
  stream_core::release(fd);
}

}  // namespace weft::detail
