#pragma once

#include <cstdint>
#include <mutex>
#include <source_location>
#include <string>

namespace weft::detail {

class running_task;

/// Measures the steps of a watched loop, and tells other threads which one is under way.
class step_watch {
 public:
  struct step {
    std::string task;  ///< its name, or "a callback"
    std::source_location made_at;
    std::source_location from;  ///< the co_await that it goes on from
    std::int64_t began = 0;     ///< monotonic; 0 if none is under way
  };

  /// Of a callback, until more is known.
  void begin();
  /// The step under way is one of `task`; null for a callback.
  void is_of(running_task* task, const std::source_location& from);
  /// Gives how long it took, in nanoseconds.
  std::int64_t end() noexcept;

  /// The step under way, or the one before. Any thread.
  step current() const;

 private:
  mutable std::mutex mutex_;
  step step_;
};

/// Monotonic time in nanoseconds, whatever a loop's clock says.
std::int64_t monotonic_now() noexcept;

}  // namespace weft::detail
