#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <weft/core/detail/awaiter.hpp>
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
  /// Where the coroutine stands, for debugging aids: its beginning at first, then the last co_await it has come to.
  std::source_location at;

  template <class A>
  auto await_transform(A&& awaited, std::source_location here = std::source_location::current()) {
    static_assert(awaitable<A>, "this cannot be awaited: it needs operator co_await, or await_ready and the like");
    at = here;
    return awaiter_of(std::forward<A>(awaited));
  }
};

/// A frame with an owner who must hear of it when a stop passes: a generator's. The hook destroys the frame, or keeps
/// it.
struct hooked_promise : promise_base {
  void (*unwound)(hooked_promise&) noexcept = nullptr;
};

/// Frames and scopes are aligned, so one byte further is no frame.
inline void* marked(void* frame) noexcept { return static_cast<std::byte*>(frame) + 1; }
inline bool is_marked(void* frame) noexcept { return (reinterpret_cast<std::uintptr_t>(frame) & 1) != 0; }
/// The frame, marked or not.
inline void* unmarked(void* frame) noexcept { return static_cast<std::byte*>(frame) - is_marked(frame); }

inline promise_base& promise_of(void* frame) noexcept {
  return std::coroutine_handle<promise_base>::from_address(frame).promise();
}

/// A promise type of this library: only such coroutines can await its operations, because a stop must be able to unwind
/// them.
template <class P>
concept weft_promise = std::is_base_of_v<promise_base, P>;

}  // namespace weft::detail
