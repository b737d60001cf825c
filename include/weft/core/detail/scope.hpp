#pragma once

#include <cstdint>
#include <weft/core/detail/coroutine.hpp>

namespace weft::detail {

class leaf;

/// What is to happen after a scope was left by a stop: a frame to resume, or one from which the stop goes on outwards.
struct after_stop {
  void* resume = nullptr;
  void* unwind = nullptr;
};

/// A stretch of a running task that can be stopped by itself: the whole task, or what a boundary (`with`, `wait_for`,
/// `shield`) runs. A stop that has come is never taken back.
///
/// A scope stands in for the frame that awaits its outermost coroutine: its first word is where a coroutine frame keeps
/// its resume function, which is the layout of both compilers. So the last frame's completion calls `completed`
/// straight, as it would resume an awaiting coroutine.
struct scope {
  void (*completed)(void* self);
  event_loop* loop = nullptr;
  leaf* waiting_on = nullptr;  ///< What the innermost coroutine waits for; null while one runs.
  bool stop_requested = false;
  bool nested = false;       ///< This is an inner_scope.
  std::uint32_t number = 0;  ///< The running task's.

  /// Stops what runs in the scope: at once if it waits, else at its next suspension.
  inline void request_stop() noexcept;
};

/// The scope of a boundary.
struct inner_scope : scope {
  scope* outer = nullptr;
};

/// The scope around a boundary's; null for a task's own.
inline scope* scope_around(scope& s) noexcept { return s.nested ? static_cast<inner_scope&>(s).outer : nullptr; }

/// Destroys the frames from `frame` outwards to `end`, its scope.
void destroy_frames(void* frame, scope& end) noexcept;

/// Destroys the frames from `frame` outwards to the nearest boundary that ends the stop; returns the frame to resume
/// next, or null.
void* unwind(void* frame) noexcept;

}  // namespace weft::detail
