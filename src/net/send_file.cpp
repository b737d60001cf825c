#include "net/send_file.hpp"

#include <cerrno>

namespace weft::detail {

bool send_file_leaf::attempt() noexcept {
  auto& stream = static_cast<stream_core&>(*socket_);
  if (!stream.is_open() || stream.cannot_write) {
    error_ = stream.is_open() ? EPIPE : EBADF;
    return true;
  }
  while (left_ != 0) {
    if (must_yield()) return false;
    const ssize_t n = stream.send_file(file_, offset_, left_);
    if (n == 0) return true;
    if (n > 0) {
      offset_ += static_cast<std::uint64_t>(n);
      left_ -= static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (errno != EINTR) {
      error_ = errno;
      stream.cannot_write = true;
      if (error_ != EPIPE) stream.lost = error_;
      return true;
    }
  }
  return true;
}

std::size_t send_file_leaf::await_resume() const {
  check("send a file to");
  return size_ - left_;
}

}  // namespace weft::detail
