#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>

#include "core/backend.hpp"

namespace weft::detail {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

class epoll_backend final : public backend {
 public:
  epoll_backend() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) fail("epoll_create1");
    wakeup_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeup_ < 0) {
      const int error = errno;
      ::close(epoll_);
      errno = error;
      fail("eventfd");
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = nullptr;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeup_, &event);
  }
  epoll_backend(const epoll_backend&) = delete;
  epoll_backend& operator=(const epoll_backend&) = delete;
  ~epoll_backend() override {
    ::close(wakeup_);
    ::close(epoll_);
  }

  void start_watching(io_watch& watch) override {
    epoll_event event{};
    event.events = watch.events() | EPOLLET;
    event.data.ptr = &watch;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, watch.fd, &event) != 0) fail("epoll_ctl");
    watch.waiting = &waiting_;
  }

  void stop_watching(io_watch& watch) noexcept override {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.fd, nullptr);
    watch.waiting = nullptr;
    for (int i = next_event_; i < event_count_; ++i) {
      if (events_[static_cast<std::size_t>(i)].data.ptr == &watch) events_[static_cast<std::size_t>(i)].events = 0;
    }
  }

  bool wait(std::int64_t nanoseconds) override {
    event_count_ = wait_for_events(nanoseconds);
    const bool came = event_count_ > 0;
    for (next_event_ = 0; next_event_ < event_count_;) {
      look_forward_to(next_event_);
      const epoll_event event = events_[static_cast<std::size_t>(next_event_++)];
      if (event.data.ptr == nullptr) {
        std::uint64_t count = 0;
        (void)!::read(wakeup_, &count, sizeof count);
      } else if (event.events != 0) {
        static_cast<io_watch*>(event.data.ptr)->came(event.events);
      }
    }
    event_count_ = 0;
    return came;
  }

  void interrupt() noexcept override {
    const int error = errno;
    const std::uint64_t one = 1;
    (void)!::write(wakeup_, &one, sizeof one);
    errno = error;
  }

  bool watching() const noexcept override { return waiting_ != 0; }

 private:
  /// What is far from one another in memory, and has left the caches since it was used, is fetched all at once: a
  /// watch, who waits by it, and the coroutine that does.
  void look_forward_to(int event) const noexcept {
    if (event + 6 < event_count_) __builtin_prefetch(events_[static_cast<std::size_t>(event) + 6].data.ptr);
    if (const leaf* const reader = reader_of(event + 4)) __builtin_prefetch(reader);
    if (const leaf* const reader = reader_of(event + 2)) __builtin_prefetch(reader->frame());
  }
  const leaf* reader_of(int event) const noexcept {
    if (event >= event_count_) return nullptr;
    const epoll_event& of = events_[static_cast<std::size_t>(event)];
    return of.data.ptr == nullptr || of.events == 0 ? nullptr : static_cast<io_watch*>(of.data.ptr)->reader.waiter;
  }

  int wait_for_events(std::int64_t nanoseconds) {
    const int room = static_cast<int>(events_.size());
    int count = 0;
    if (nanoseconds <= 0) {
      count = ::epoll_wait(epoll_, events_.data(), room, nanoseconds == 0 ? 0 : -1);
    } else {
      const timespec limit{static_cast<time_t>(nanoseconds / 1'000'000'000), nanoseconds % 1'000'000'000};
      count = ::epoll_pwait2(epoll_, events_.data(), room, &limit, nullptr);
      if (count < 0 && errno == ENOSYS) {  // kernels before 5.11; rounded up, so that no timer is early
        const std::int64_t milliseconds = (nanoseconds + 999'999) / 1'000'000;
        count = ::epoll_wait(epoll_, events_.data(), room,
                             static_cast<int>(milliseconds < INT_MAX ? milliseconds : INT_MAX));
      }
    }
    if (count < 0) {
      if (errno != EINTR) fail("epoll_wait");
      count = 0;
    }
    return count;
  }

  int epoll_ = -1;
  int wakeup_ = -1;
  std::size_t waiting_ = 0;
  std::array<epoll_event, 256> events_{};
  int event_count_ = 0;
  int next_event_ = 0;
};

}  // namespace

std::unique_ptr<backend> make_epoll_backend() { return std::make_unique<epoll_backend>(); }

}  // namespace weft::detail
