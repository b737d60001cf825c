#pragma once

#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace weft::detail {

/// While it lives, a write that nobody will read raises no signal on this thread. For what cannot be told MSG_NOSIGNAL:
/// pipes, and files that are sent to sockets.
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

}  // namespace weft::detail
