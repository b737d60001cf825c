#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "core/backend.hpp"
#include "core/descriptor.hpp"
#include "core/kernel_ring.hpp"

namespace weft::detail {

namespace {

/// Tells a watched descriptor of what poll(2) would.
class poll_request final : public kernel_request {
 public:
  poll_request(kernel_ring& ring, io_watch& watch) noexcept
      : ring_{ring}, watch_{&watch}, fd_{watch.fd}, events_{watch.events()} {
    arm();
  }

  /// Nobody watches any more; the request goes when the kernel is through with it.
  void end() noexcept {
    watch_ = nullptr;
    if (armed_) {
      ring_.cancel(*this);
    } else {
      delete this;
    }
  }

  void completed(std::int32_t result, std::uint32_t flags) noexcept override {
    armed_ = (flags & IORING_CQE_F_MORE) != 0;
    if (watch_ == nullptr) {
      if (!armed_) delete this;
      return;
    }
    if (result >= 0) {
      auto events = static_cast<std::uint32_t>(result);
      if ((events & EPOLLPRI) != 0 && !may_be_urgent()) events &= ~std::uint32_t{EPOLLPRI};
      watch_->came(events);
      if (!armed_) arm();
      return;
    }
    // The descriptor cannot be polled, or the loop ends: whoever waits tries and sees.
    watch_->registration = nullptr;
    watch_->came(std::uint32_t{EPOLLERR});
    delete this;
  }

 private:
  void arm() noexcept {
    io_uring_prep_poll_multishot(&ring_.begin(*this), fd_, events_);
    armed_ = true;
  }

  /// The kernel passes on what the socket might have woken us for, and that is urgent data too, whatever came. Of
  /// datagrams none are; on a stream, to ask each time would take longer than the attempt to read that this saves.
  bool may_be_urgent() noexcept {
    if (kind_ == 0) {
      socklen_t size = sizeof kind_;
      if (::getsockopt(fd_, SOL_SOCKET, SO_TYPE, &kind_, &size) != 0) kind_ = -1;
    }
    return kind_ != SOCK_DGRAM;
  }

  kernel_ring& ring_;
  io_watch* watch_;
  int fd_;
  int kind_ = 0;  // SOCK_STREAM and the like; not asked for yet
  std::uint32_t events_;
  bool armed_ = false;
};

class uring_backend final : public backend, public kernel_ring {
 public:
  uring_backend() : wakeup_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!wakeup_) throw std::system_error{errno, std::generic_category(), "eventfd"};
    interrupts_.fd = wakeup_.get();
    interrupts_.waiting = &interrupts_waiting_;
    interrupts_.registration = new poll_request{*this, interrupts_};
  }
  uring_backend(const uring_backend&) = delete;
  uring_backend& operator=(const uring_backend&) = delete;
  ~uring_backend() override {
    stop_watching(interrupts_);
    drain();
  }

  void start_watching(io_watch& watch) override {
    watch.registration = new poll_request{*this, watch};
    watch.waiting = &waiting_;
  }
  void stop_watching(io_watch& watch) noexcept override {
    if (watch.registration != nullptr) static_cast<poll_request*>(watch.registration)->end();
    watch.registration = nullptr;
    watch.waiting = nullptr;
  }

  bool wait(std::int64_t nanoseconds) override {
    if (nanoseconds == 0 && !something_to_do()) return false;
    enter(nanoseconds);
    const bool came = has_completions();
    dispatch();
    if (interrupts_.reader.edge) {
      interrupts_.reader.edge = false;
      std::uint64_t count = 0;
      (void)!::read(wakeup_.get(), &count, sizeof count);
    }
    return came;
  }

  void interrupt() noexcept override {
    const int error = errno;
    const std::uint64_t one = 1;
    (void)!::write(wakeup_.get(), &one, sizeof one);
    errno = error;
  }

  bool watching() const noexcept override { return waiting_ != 0; }
  bool has_news() const noexcept override { return something_to_do(); }
  kernel_ring* ring() override { return this; }

 private:
  descriptor wakeup_;
  io_watch interrupts_;
  std::size_t interrupts_waiting_ = 0;
};

}  // namespace

std::unique_ptr<backend> make_uring_backend() { return std::make_unique<uring_backend>(); }

}  // namespace weft::detail
