#pragma once

#include <optional>
#include <utility>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/task.hpp>

namespace weft::detail {

/// Runs a task in a scope of its own, inside the awaiting coroutine: the one primitive under with, wait_for and shield.
///
/// To the scope around it is a leaf, and passes that one's stops on to the scope inside, unless it is masked.
class boundary_base : public leaf, public inner_scope {
 public:
  void on_stop() noexcept override {
    if (!masked_) request_stop();
  }
  scope* scope_inside() noexcept override { return this; }
  const char* describe() const noexcept override { return masked_ ? "clean-up" : "scope"; }

  bool was_stopped() const noexcept { return was_stopped_; }
  /// The task in it has been unwound. The awaiting coroutine goes on and decides, unless overridden.
  virtual after_stop stopped() noexcept {
    was_stopped_ = true;
    leave();
    return {.resume = frame_};
  }

 protected:
  explicit boundary_base(bool masked) noexcept : inner_scope{{&on_completed}}, masked_{masked} { nested = true; }
  ~boundary_base() = default;

  /// Makes `child` the outermost frame of the scope.
  template <class T>
  void enter(void* awaiting, task_promise<T>& child) noexcept {
    enter_scope(awaiting);
    child.in_scope = this;
    child.continuation = static_cast<scope*>(this);
  }
  void leave() noexcept {
    outer->waiting_on = nullptr;
    scope::loop->current = outer;
  }

  bool masked_;
  bool was_stopped_ = false;

 private:
  void enter_scope(void* awaiting) noexcept {
    frame_ = awaiting;
    outer = promise_of(awaiting).in_scope;
    scope::loop = outer->loop;
    outer->waiting_on = this;
    if (!masked_ && outer->stop_requested) stop_requested = true;
    scope::loop->current = this;
  }
  static void on_completed(void* self) {
    auto& boundary = static_cast<boundary_base&>(*static_cast<scope*>(self));
    boundary.leave();
    boundary.scope::loop->next_frame = boundary.frame_;
  }
};

/// Runs the task that it adopted in a scope of its own and gives its result, or nothing if it was stopped.
template <class T>
class boundary : public boundary_base {
 public:
  boundary() noexcept : boundary_base{false} {}
  boundary(const boundary&) = delete;
  boundary& operator=(const boundary&) = delete;

  /// Takes the task over; to be awaited next.
  void adopt(task<T> child) { child_ = child.release(); }

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    enter(awaiting.address(), child_.promise());
    return transfer_to(*scope::loop, child_.address());
  }
  std::optional<result<T>> await_resume() {
    if (was_stopped_) return std::nullopt;
    return take_result_and_destroy(child_);
  }

 private:
  std::coroutine_handle<task_promise<T>> child_;
};

/// Runs a task out of reach of stops; gives its value or throws its exception. A stop that comes meanwhile is noticed
/// at the next suspension after it.
template <class T>
class masked_awaiter : public boundary_base {
 public:
  explicit masked_awaiter(std::coroutine_handle<task_promise<T>> child) noexcept : boundary_base{true}, child_{child} {}

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    enter(awaiting.address(), child_.promise());
    return transfer_to(*scope::loop, child_.address());
  }
  T await_resume() { return take_and_destroy(child_); }

 private:
  std::coroutine_handle<task_promise<T>> child_;
};

template <class T>
class [[nodiscard]] masked {
 public:
  explicit masked(task<T> work) noexcept : work_{std::move(work)} {}
  masked_awaiter<T> operator co_await() { return masked_awaiter<T>{work_.release()}; }

 private:
  task<T> work_;
};

/// Passes the stop of the scope around on from here; never comes back.
struct pass_stop {
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> from) const noexcept {
    event_loop& loop = *from.promise().in_scope->loop;
    loop.unwinder.unwind_from = from.address();
    return transfer_to(loop, &loop.unwinder);
  }
  void await_resume() const noexcept {}
};

/// Is the scope that runs being stopped? Never suspends.
class stop_pending {
 public:
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> asking) noexcept {
    pending_ = asking.promise().in_scope->stop_requested;
    return false;
  }
  bool await_resume() const noexcept { return pending_; }

 private:
  bool pending_ = false;
};

}  // namespace weft::detail
