#pragma once

#include <atomic>
#include <weft/core/detail/node.hpp>
#include <weft/core/detail/owned.hpp>

namespace weft::detail {

class event_loop;

/// Work that another thread hands to a loop.
class posted : public node {
 public:
  virtual ~posted() = default;
  event_loop* loop = nullptr;  ///< set on the loop's own thread, before it runs
};

/// The part of a loop that other threads may touch; outlives it.
class loop_shared {
 public:
  virtual ~loop_shared() = default;
  /// Puts work into the loop's ready queue and wakes it. Throws loop_closed_error, and destroys the work, if the loop
  /// has ended. Any thread.
  virtual void post(owned<posted> work) = 0;
  /// While there is a handle, somebody outside may still post, and the loop must not take itself for deadlocked.
  void add_handle() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle() noexcept {
    if (handles_.fetch_sub(1) == 1 && awaited_.load()) interrupt();
  }
  /// Valid on the loop's own thread while it lives.
  event_loop* loop = nullptr;

 protected:
  /// Ends the loop's waiting, if it has not ended itself. Any thread.
  virtual void interrupt() noexcept = 0;

  std::atomic<int> handles_{0};
  std::atomic<bool> awaited_{false};  ///< the loop waits for nothing but what handles may bring
};

}  // namespace weft::detail
