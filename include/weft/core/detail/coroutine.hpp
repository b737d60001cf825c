#pragma once

#include <coroutine>
#include <weft/core/detail/frame_pool.hpp>

namespace weft::detail {

class event_loop;
struct scope;

/// What every weft coroutine's promise begins with. Frames are told apart by address alone, so a promise must not ask
/// for more than 16-byte alignment, and promise_base must be its first base class.
struct promise_base : pooled {
  /// The innermost cancellation scope that the coroutine runs in; set by whoever awaits it.
  scope* in_scope = nullptr;
  /// The frame to resume when this one has completed: the awaiting coroutine's, or the scope itself for its outermost
  /// frame. The lowest bit marks a hooked_promise.
  void* continuation = nullptr;
};

/// A frame with an owner who must hear of it when a stop passes: a generator's. The hook destroys the frame, or keeps
/// it.
struct hooked_promise : promise_base {
  void (*unwound)(hooked_promise&) noexcept = nullptr;
};

inline constexpr std::uintptr_t hook_mark = 1;

inline void* marked(void* frame) noexcept {
  return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(frame) | hook_mark);
}
inline bool is_marked(void* frame) noexcept { return (reinterpret_cast<std::uintptr_t>(frame) & hook_mark) != 0; }
inline void* unmarked(void* frame) noexcept {
  return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(frame) & ~hook_mark);
}

inline promise_base& promise_of(void* frame) noexcept {
  return std::coroutine_handle<promise_base>::from_address(frame).promise();
}

/// A promise type of this library: only such coroutines can await its operations, because a stop must be able to unwind
/// them.
template <class P>
concept weft_promise = std::is_base_of_v<promise_base, P>;

}  // namespace weft::detail
