#pragma once

#include <coroutine>
#include <stdexcept>
#include <utility>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/slot.hpp>

namespace weft {

template <class T = void>
class task;

namespace detail {

/// Destroys a coroutine that never ran; in debug mode, the loop's exception handler hears of it.
void drop_unawaited(void* frame) noexcept;

/// Ends a coroutine: control goes to whoever awaits it.
struct pass_on {
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> finished) const noexcept {
    promise_base& promise = finished.promise();
    return transfer_to(*promise.in_scope->loop, promise.continuation);
  }
  void await_resume() const noexcept {}
};

template <class T>
class task_promise_base : public promise_base {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }
  pass_on final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { outcome.set_error(std::current_exception()); }

  slot<T> outcome;
};

template <class T>
class task_promise : public task_promise_base<T> {
 public:
  task<T> get_return_object(std::source_location begin = std::source_location::current()) noexcept;
  template <class U = T>
    requires std::is_constructible_v<T, U>
  void return_value(U&& value) {
    this->outcome.set_value(std::forward<U>(value));
  }
};

template <>
class task_promise<void> : public task_promise_base<void> {
 public:
  task<> get_return_object(std::source_location begin = std::source_location::current()) noexcept;
  void return_void() noexcept { outcome.set_value(); }
};

struct frame_guard {
  std::coroutine_handle<> frame;
  ~frame_guard() { frame.destroy(); }
};

/// What a task that has ended gives, value or exception; its frame goes.
template <class T>
T take_and_destroy(std::coroutine_handle<task_promise<T>> ended) {
  const frame_guard guard{ended};
  return ended.promise().outcome.take();
}
template <class T>
result<T> take_result_and_destroy(std::coroutine_handle<task_promise<T>> ended) {
  const frame_guard guard{ended};
  return ended.promise().outcome.take_result();
}

/// Runs a task inside the awaiting one. Trivially destructible: when a stop unwinds, the frames are destroyed one by
/// one from the leaf outwards, and this one must not destroy its child again.
template <class T>
class task_awaiter {
 public:
  using handle = std::coroutine_handle<task_promise<T>>;
  explicit task_awaiter(handle child) noexcept : child_{child} {}

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> parent) noexcept {
    promise_base& awaiting = parent.promise();
    promise_base& child = child_.promise();
    child.in_scope = awaiting.in_scope;
    child.continuation = parent.address();
    return transfer_to(*awaiting.in_scope->loop, child_.address());
  }
  T await_resume() { return take_and_destroy(child_); }

 private:
  handle child_;
};

}  // namespace detail

/// A coroutine that gives a T: lazy, it runs when it is awaited, inside the awaiting task and without being scheduled.
///
/// Move-only and awaited once. To run it at the same time as other things, give it to task_group::create_task, gather
/// and the like. Not to be confused with asyncio.Task, which is task_handle here; this is what `async def` gives.
/// Destroying a task that was never awaited destroys its arguments and does nothing else; in debug mode that is
/// reported to the loop's exception handler.
/// A stop unwinds it: the destructors of its variables run, innermost first, and nothing in it can catch that.
template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task() noexcept = default;
  task(task&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (frame_) detail::drop_unawaited(frame_.address());
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~task() {
    if (frame_) detail::drop_unawaited(frame_.address());
  }

  /// True until it was awaited, or moved from.
  explicit operator bool() const noexcept { return frame_ != nullptr; }

  /// Runs it and gives its value or throws its exception. Throws std::logic_error if it was awaited before.
  auto operator co_await() { return detail::task_awaiter<T>{release()}; }

  /// Gives up the frame, for library code that runs it in another way.
  std::coroutine_handle<promise_type> release() {
    if (!frame_) throw std::logic_error{"a task can be awaited only once"};
    return std::exchange(frame_, nullptr);
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object(std::source_location begin) noexcept {
  this->at = begin;
  return task<T>{std::coroutine_handle<task_promise>::from_promise(*this)};
}
inline task<> detail::task_promise<void>::get_return_object(std::source_location begin) noexcept {
  this->at = begin;
  return task<>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

}  // namespace weft
