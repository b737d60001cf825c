#include "net/socket_requests.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weft::detail {

namespace {

/// A socket that nobody reads from holds no more of the shared buffers than this; the rest waits in the kernel, which
/// tells the peer to slow down.
constexpr std::uint16_t most_unread = 8;

ssize_t try_again() noexcept {
  errno = EAGAIN;
  return -1;
}

/// The kernel tells of a reset once. A send that has moved a part of its message swallows that, and what is received
/// seems to come to an end; but after an end alone the connection would still be half open.
bool was_reset(int fd) noexcept {
  tcp_info about{};
  socklen_t size = sizeof about;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &about, &size) == 0 && about.tcpi_state == TCP_CLOSE;
}

}  // namespace

socket_requests::socket_requests(kernel_ring& ring, io_watch& watch)
    : ring_{&ring}, watch_{&watch}, buffers_{ring.buffers()} {
  watch.waiting = &ring.waiting();
}

void socket_requests::release() noexcept {
  watch_ = nullptr;
  close();
  end_if_idle();
}

void socket_requests::end_if_idle() noexcept {
  if (watch_ == nullptr && idle()) delete this;
}

void socket_requests::close() noexcept {
  if (std::exchange(closed_, true)) return;
  drop_line();
  if (armed_ && !giving_up_) ring_->cancel(receiving_);
  if (sending()) cancel_send();
}

// ---- receiving ------------------------------------------------------------------------------------------------------

void socket_requests::arm() noexcept {
  io_uring_sqe& entry = ring_->begin(receiving_);
  io_uring_prep_recv_multishot(&entry, watch_->fd, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = provided_buffers::group;
  armed_ = true;
  giving_up_ = false;
}

void socket_requests::received(std::int32_t result, std::uint32_t flags) noexcept {
  armed_ = (flags & IORING_CQE_F_MORE) != 0;
  if (result > 0) {
    const std::uint16_t id = provided_buffers::id_of(flags);
    if (closed_) {
      buffers_->give_back(id);
    } else {
      stand_in_line(id, static_cast<std::uint32_t>(result));
    }
  } else if (result == 0) {
    ended_ = true;
    if ((send_cut_ || sending_.state != send_state::idle) && watch_ != nullptr && was_reset(watch_->fd)) {
      error_ = ECONNRESET;
    }
  } else if (result == -ENOBUFS) {
    starved_ = true;
  } else if (result != -ECANCELED) {
    error_ = -result;
  }
  if (watch_ == nullptr) return end_if_idle();
  if (armed_ && !giving_up_ && line_.length >= most_unread && watch_->reader.waiter == nullptr) {
    giving_up_ = true;
    ring_->cancel(receiving_);
  }
  watch_->came(watch_->reader);
}

void socket_requests::stop_receiving() noexcept {
  if (armed_ && !std::exchange(giving_up_, true)) ring_->cancel(receiving_);
  while (armed_) ring_->wait_for_completion();
}

void socket_requests::stand_in_line(std::uint16_t id, std::uint32_t size) noexcept {
  buffers_->about(id).size = size;
  if (line_.length++ == 0) {
    line_.first = id;
  } else {
    buffers_->about(line_.last).next = id;
  }
  line_.last = id;
}

/// Takes the first buffer of the line, which still holds its bytes.
std::uint16_t socket_requests::leave_line() noexcept {
  const std::uint16_t id = line_.first;
  if (--line_.length != 0) line_.first = buffers_->about(id).next;
  taken_ = 0;
  return id;
}

void socket_requests::drop_line() noexcept {
  while (line_.length != 0) buffers_->give_back(leave_line());
}

std::string_view socket_requests::first_in_line() const noexcept {
  return std::string_view{buffers_->at(line_.first), buffers_->about(line_.first).size}.substr(taken_);
}

/// What stands behind the line.
ssize_t socket_requests::receive_without_ring(std::span<char> room) noexcept {
  if (error_ != 0) {
    errno = error_;
    return -1;
  }
  if (ended_) return 0;
  if (armed_) return try_again();
  if (starved_) {  // not again before the kernel's own memory has been emptied: others need the buffers too
    const ssize_t n = ::recv(watch_->fd, room.data(), room.size(), 0);
    if (n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return n;
    starved_ = false;
  }
  arm();
  return try_again();
}

ssize_t socket_requests::receive(std::span<char> room) noexcept {
  if (line_.length == 0) return receive_without_ring(room);
  const std::string_view first = first_in_line();
  const std::size_t n = std::min(room.size(), first.size());
  std::memcpy(room.data(), first.data(), n);
  taken_ += static_cast<std::uint32_t>(n);
  if (n == first.size()) buffers_->give_back(leave_line());
  return static_cast<ssize_t>(n);
}

ssize_t socket_requests::receive(receive_buffer& into) {
  if (line_.length == 0) {
    if (starved_ && !armed_) {
      const ssize_t n = receive_without_ring(into.prepare());
      into.commit(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      return n;
    }
    into.own();  // what is not taken now may lie for long
    return receive_without_ring({});
  }
  const std::string_view first = first_in_line();
  if (into.empty()) {
    into.adopt(*buffers_, leave_line(), first);
  } else {
    into.append(first);
    buffers_->give_back(leave_line());
  }
  return static_cast<ssize_t>(first.size());
}

bool socket_requests::receive_what_has_come(receive_buffer& into) {
  if (line_.length == 0) return false;
  into.append(first_in_line());
  buffers_->give_back(leave_line());
  return true;
}

// ---- sending --------------------------------------------------------------------------------------------------------

ssize_t socket_requests::send(const msghdr& message) noexcept {
  switch (sending_.state) {
    case send_state::in_flight:
      return try_again();
    case send_state::done:
      sending_.state = send_state::idle;
      if (sending_.outcome >= 0) return sending_.outcome;
      errno = -sending_.outcome;
      return -1;
    case send_state::idle:
      break;
  }
  constexpr int flags = MSG_NOSIGNAL | MSG_WAITALL;  // the kernel goes on by itself when it had no room for all
  if (message.msg_iovlen == 1) {
    io_uring_prep_send(&ring_->begin(sending_), watch_->fd, message.msg_iov->iov_base, message.msg_iov->iov_len, flags);
  } else {
    if (!pieces_) {
      pieces_.reset(new (std::nothrow) pieces);
      if (!pieces_) {
        errno = ENOMEM;
        return -1;
      }
    }
    const std::size_t count = std::min(message.msg_iovlen, pieces_->parts.size());
    std::copy_n(message.msg_iov, count, pieces_->parts.begin());
    pieces_->message = {};
    pieces_->message.msg_iov = pieces_->parts.data();
    pieces_->message.msg_iovlen = count;
    io_uring_prep_sendmsg(&ring_->begin(sending_), watch_->fd, &pieces_->message, flags);
  }
  sending_.size = 0;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
    sending_.size += static_cast<std::int64_t>(message.msg_iov[i].iov_len);
  }
  sending_.state = send_state::in_flight;
  return try_again();
}

bool socket_requests::may_write() noexcept {
  if (sending()) return false;
  sending_.state = send_state::idle;
  return true;
}

void socket_requests::wait_for_room() noexcept {
  io_uring_prep_poll_add(&ring_->begin(sending_), watch_->fd, POLLOUT);
  sending_.size = 0;
  sending_.state = send_state::in_flight;
}

void socket_requests::sent(std::int32_t result) noexcept {
  send_cut_ = send_cut_ || result < sending_.size;
  sending_.outcome = result;
  sending_.state = send_state::done;
  if (watch_ == nullptr) return end_if_idle();
  watch_->came(watch_->writer);
}

void socket_requests::wait_for_send() noexcept {
  while (sending()) ring_->wait_for_completion();
}

}  // namespace weft::detail
