#include "core/backend.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/loop.hpp"

namespace weft::detail {

namespace {

backend_kind named_by_environment() {
  const char* const value = std::getenv("WEFT_BACKEND");
  const std::string_view name = value != nullptr ? value : "";
  if (name.empty()) return backend_kind::automatic;
  if (name == "epoll") return backend_kind::epoll;
  if (name == "io_uring") return backend_kind::io_uring;
  throw std::invalid_argument{"WEFT_BACKEND is \"" + std::string{name} + "\"; it can be epoll or io_uring"};
}

/// io_uring if the system offers it; null if not.
std::unique_ptr<backend> make_uring_if_offered() {
  static std::atomic<bool> refused{false};
  if (refused.load(std::memory_order_relaxed)) return nullptr;
  try {
    return make_uring_backend();
  } catch (const std::system_error& e) {
    // What is short now may be had later; what is forbidden stays so.
    if (e.code() != std::errc::too_many_files_open && e.code() != std::errc::not_enough_memory) refused = true;
    return nullptr;
  }
}

/// Begins with epoll, which costs next to nothing to set up, as many loops wait for timers and threads only. The first
/// descriptor or file that is used brings io_uring, which takes 50 us, if the system offers it: files cost a tenth of
/// what they do on threads, a thousand busy connections less, and a few the same.
class automatic_backend final : public backend {
 public:
  void start_watching(io_watch& watch) override { settled().start_watching(watch); }
  void stop_watching(io_watch& watch) noexcept override { current().stop_watching(watch); }
  bool wait(std::int64_t nanoseconds) override { return current().wait(nanoseconds); }
  bool watching() const noexcept override { return current().watching(); }
  bool has_news() const noexcept override { return current().has_news(); }
  kernel_ring* ring() override { return settled().ring(); }

  /// What is to be seen by the loop has been made known before this is called. So if it reaches the first back end as
  /// the second takes over, nothing is lost: the loop looks before it waits.
  void interrupt() noexcept override { current().interrupt(); }

 private:
  backend& current() const noexcept { return *current_.load(); }
  backend& settled() {
    if (!std::exchange(settled_, true)) {
      second_ = make_uring_if_offered();
      if (second_) current_.store(second_.get());
    }
    return current();
  }

  std::unique_ptr<backend> first_ = make_epoll_backend();
  std::unique_ptr<backend> second_;
  std::atomic<backend*> current_{first_.get()};
  bool settled_ = false;
};

}  // namespace

std::unique_ptr<backend> make_backend(backend_kind wanted) {
  if (wanted == backend_kind::automatic) wanted = named_by_environment();
  switch (wanted) {
    case backend_kind::epoll:
      return make_epoll_backend();
    case backend_kind::io_uring:
      return make_uring_backend();
    case backend_kind::automatic:
      break;
  }
  return std::make_unique<automatic_backend>();
}

}  // namespace weft::detail

namespace weft {

backend_kind current_backend() {
  const detail::loop& here = detail::loop_of(detail::require_loop("current_backend"));
  return here.kernel->ring() != nullptr ? backend_kind::io_uring : backend_kind::epoll;
}

}  // namespace weft
