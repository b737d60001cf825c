#pragma once

#include <cstdint>
#include <memory>
#include <weft/core/detail/io_watch.hpp>
#include <weft/core/run.hpp>

namespace weft::detail {

class kernel_ring;

/// Where a loop waits for the kernel.
class backend {
 public:
  virtual ~backend() = default;

  virtual void start_watching(io_watch& watch) = 0;
  virtual void stop_watching(io_watch& watch) noexcept = 0;

  /// Waits up to `nanoseconds` (negative: without limit, 0: not at all) and wakes those whose descriptors are ready, or
  /// returns because of interrupt(). False if nothing has come.
  virtual bool wait(std::int64_t nanoseconds) = 0;

  /// Ends a wait() that goes on, or the next one. Any thread, and signal handlers.
  virtual void interrupt() noexcept = 0;

  /// True if somebody waits for a descriptor.
  virtual bool watching() const noexcept = 0;

  /// False if a wait(0) can change nothing.
  virtual bool has_news() const noexcept { return watching(); }

  /// For operations that the kernel carries out by itself; null if it has none.
  virtual kernel_ring* ring() { return nullptr; }
};

std::unique_ptr<backend> make_epoll_backend();
/// Throws std::system_error if the kernel does not offer io_uring, or not all that is used of it.
std::unique_ptr<backend> make_uring_backend();
/// What the options say, the environment variable WEFT_BACKEND, or else what suits this system best.
std::unique_ptr<backend> make_backend(backend_kind wanted);

}  // namespace weft::detail
