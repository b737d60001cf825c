#pragma once

#include <cstdint>
#include <memory>
#include <weft/core/detail/io_watch.hpp>

namespace weft::detail {

/// Where a loop waits for the kernel.
class backend {
 public:
  virtual ~backend() = default;

  virtual void start_watching(io_watch& watch) = 0;
  virtual void stop_watching(io_watch& watch) noexcept = 0;

  /// Waits up to `nanoseconds` (negative: without limit, 0: not at all) and wakes those whose descriptors are ready, or
  /// returns because of interrupt().
  virtual void wait(std::int64_t nanoseconds) = 0;

  /// Ends a wait() that goes on, or the next one. Any thread, and signal handlers.
  virtual void interrupt() noexcept = 0;

  /// True if somebody waits for a descriptor.
  virtual bool watching() const noexcept = 0;
};

std::unique_ptr<backend> make_epoll_backend();

}  // namespace weft::detail
