#include "process/pipe_core.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "net/without_sigpipe.hpp"

namespace weft::detail {

ssize_t pipe_core::receive(std::span<char> room) noexcept { return ::read(watch.fd, room.data(), room.size()); }

ssize_t pipe_core::send(const msghdr& message) noexcept {
  const without_sigpipe quiet;
  const ssize_t n = ::writev(watch.fd, message.msg_iov, static_cast<int>(message.msg_iovlen));
  if (n < 0 && errno == EPIPE) {
    quiet.forget();
    errno = EPIPE;
  }
  return n;
}

int pipe_core::shut_down_writing() noexcept {
  close();
  return 0;
}

byte_stream pipe_stream(descriptor fd, std::string name) {
  if (!fd) return {};
  return stream_access::make<byte_stream>(std::make_unique<pipe_core>(std::move(fd), std::move(name)));
}

}  // namespace weft::detail
