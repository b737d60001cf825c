#include "process/pipe_core.hpp"

#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace weft::detail {

namespace {

/// While it lives, a write to a pipe that nobody reads raises no signal on this thread. Sockets have MSG_NOSIGNAL.
class without_sigpipe {
 public:
  without_sigpipe() noexcept {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    had_one_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// After EPIPE: the signal that came with it is gone.
  void forget() const noexcept {
    if (had_one_) return;
    const timespec at_once{};
    while (::sigtimedwait(&signal_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }

 private:
  sigset_t signal_{};
  sigset_t before_{};
  bool had_one_ = false;
};

}  // namespace

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
