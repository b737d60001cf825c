#include "net/accept_request.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

/// Connections that nobody takes hold no more descriptors than this; the others wait in the kernel.
constexpr std::size_t most_untaken = 32;

}  // namespace

accept_request::accept_request(kernel_ring& ring, io_watch& watch) noexcept : ring_{&ring}, watch_{&watch} {
  watch.waiting = &ring.waiting();
}

/// The request ends here, unless the loop, and with it the kernel, has ended it before: close() has waited for it.
void accept_request::release() noexcept {
  close();
  delete this;
}

void accept_request::stop() noexcept {
  stopped_ = true;
  if (armed_ && !std::exchange(giving_up_, true)) ring_->cancel(*this);
  while (armed_) ring_->wait_for_completion();
}

void accept_request::close() noexcept {
  stop();
  for (const int fd : accepted_) ::close(fd);
  accepted_.clear();
}

void accept_request::arm() noexcept {
  io_uring_prep_multishot_accept(&ring_->begin(*this), watch_->fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  armed_ = true;
  giving_up_ = false;
}

int accept_request::accept() noexcept {
  if (!accepted_.empty()) {
    const int fd = accepted_.front();
    accepted_.pop_front();
    return fd;
  }
  if (error_ != 0) {
    errno = std::exchange(error_, 0);
    return -1;
  }
  if (!armed_ && !stopped_) arm();
  errno = EAGAIN;
  return -1;
}

void accept_request::completed(std::int32_t result, std::uint32_t flags) noexcept {
  armed_ = (flags & IORING_CQE_F_MORE) != 0;
  if (result >= 0) {
    try {
      accepted_.push_back(result);
    } catch (const std::bad_alloc&) {
      ::close(result);
      error_ = ENOMEM;
    }
  } else if (result != -ECANCELED) {
    error_ = -result;
  }
  if (armed_ && !giving_up_ && accepted_.size() >= most_untaken && watch_->reader.waiter == nullptr) {
    giving_up_ = true;
    ring_->cancel(*this);
  }
  watch_->came(watch_->reader);
}

}  // namespace weft::detail
