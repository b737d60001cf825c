#pragma once

#include <atomic>
#include <memory>
#include <weft/core/detail/node.hpp>

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
  virtual void post(std::unique_ptr<posted> work) = 0;
  /// Somebody outside may still post: the loop must not take itself for deadlocked.
  std::atomic<int> handles{0};
  /// Valid on the loop's own thread while it lives.
  event_loop* loop = nullptr;
};

}  // namespace weft::detail
