#pragma once

#include <optional>
#include <type_traits>
#include <weft/core/clock.hpp>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/boundary.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/with.hpp>

namespace weft {

/// A block that can be stopped from inside or from another task: `with(cancel_scope{}, body)`. trio's CancelScope.
/// The block then just ends; a stop from outside goes on. Belongs to one loop.
class cancel_scope {
 public:
  cancel_scope() noexcept = default;
  cancel_scope(cancel_scope&& other);  // NOLINT(performance-noexcept-move-constructor): throws if it is in use

  /// Stops the block; also before it begins. Harmless when repeated or too late.
  void cancel() noexcept;
  /// cancel() has been called.
  bool cancel_called() const noexcept { return cancelled_; }

  /// For with().
  void opened(detail::scope& body);
  void closed(detail::block_end& end, bool stopping_outside) noexcept;

 private:
  detail::scope* body_ = nullptr;
  bool used_ = false;
  bool cancelled_ = false;
};

/// A block with a deadline: `with(timeout(1s), [](timeout_scope& scope) -> task<> {...})`. asyncio.Timeout.
///
/// When the deadline comes, the block is stopped, and once it is unwound with() throws timeout_error. A stop from
/// outside, or an enclosing deadline that is due as well, goes first. A block that has ended has ended, whatever the
/// clock says; an error that it throws itself passes.
class timeout_scope : private detail::timer {
 public:
  /// Without a deadline: never expires unless reschedule() says when.
  timeout_scope() noexcept = default;
  explicit timeout_scope(std::int64_t deadline, bool relative) noexcept : deadline_{deadline}, relative_{relative} {}
  timeout_scope(timeout_scope&& other);  // NOLINT(performance-noexcept-move-constructor): throws if it is in use

  /// Moves the deadline; nullopt removes it. Throws std::logic_error once the scope has expired or was left.
  void reschedule(std::optional<time_point> when);
  /// The deadline, if there is one.
  std::optional<time_point> when() const noexcept;
  /// The deadline has come while the block was running.
  bool expired() const noexcept { return expired_; }

  /// For with().
  void opened(detail::scope& body);
  void closed(detail::block_end& end, bool stopping_outside);

 private:
  enum class state : unsigned char { fresh, open, left };
  void fired() noexcept override;
  void arm();
  void disarm() noexcept;

  detail::scope* body_ = nullptr;
  std::int64_t deadline_ = detail::never;
  bool relative_ = false;
  bool expired_ = false;
  state state_ = state::fresh;
  class immediate;
  immediate* soon_ = nullptr;  // on its way through the ready queue: the deadline had passed at entry
};

/// A block that may take `d`. A limit that has passed already stops the block at its first suspension. asyncio.timeout.
template <class Rep, class Period>
timeout_scope timeout(std::chrono::duration<Rep, Period> d) {
  return timeout_scope{detail::nanoseconds_of(d), true};
}
/// A block without a limit yet; see timeout_scope::reschedule. asyncio.timeout(None).
inline timeout_scope timeout(std::nullopt_t) noexcept { return timeout_scope{}; }
/// A block that may take until `when`. asyncio.timeout_at.
inline timeout_scope timeout_at(time_point when) noexcept {
  return timeout_scope{when.time_since_epoch().count(), false};
}

namespace detail {

/// Runs a task that may take so long: the scope and the timer of wait_for and move_on_after.
class timed_boundary : public boundary_base, public timer {
 public:
  const char* describe() const noexcept override { return "wait_for"; }

 protected:
  timed_boundary(std::int64_t limit, bool start_anyway) noexcept
      : boundary_base{false}, limit_{limit}, start_anyway_{start_anyway} {}
  ~timed_boundary() {
    if (armed()) scope::loop->disarm(*this);
  }

  /// False if the limit has passed before the start, and there is no start.
  bool may_start() const noexcept { return limit_ > 0 || start_anyway_; }
  void start_clock() {
    if (limit_ <= 0) {
      expired_ = true;
      stop_requested = true;
    } else if (const std::int64_t deadline = deadline_after(scope::loop->now(), limit_); deadline != never) {
      scope::loop->arm(*this, deadline);
    }
  }
  void fired() noexcept override {
    expired_ = true;
    request_stop();
  }
  after_stop stopped() noexcept override {
    was_stopped_ = true;
    leave();
    if (expired_ && !outer->stop_requested) return {.resume = frame_};
    return {.unwind = frame_};
  }

  std::int64_t limit_;
  bool start_anyway_;
  bool expired_ = false;
};

template <class T>
class timed_awaiter : public timed_boundary {
 public:
  timed_awaiter(std::coroutine_handle<task_promise<T>> child, std::int64_t limit, bool start_anyway) noexcept
      : timed_boundary{limit, start_anyway}, child_{child} {}

  bool await_ready() noexcept {
    if (may_start()) return false;
    child_.destroy();
    was_stopped_ = true;
    return true;
  }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> awaiting) {
    enter(awaiting.address(), child_.promise());
    start_clock();
    return transfer_to(*scope::loop, child_.address());
  }

 protected:
  T take() { return take_and_destroy(child_); }
  std::coroutine_handle<task_promise<T>> child_;
};

template <class T>
class wait_for_awaiter : public timed_awaiter<T> {
 public:
  using timed_awaiter<T>::timed_awaiter;
  T await_resume() {
    if (this->was_stopped_) throw timeout_error{};
    return this->take();
  }
};

template <class T>
class move_on_awaiter : public timed_awaiter<T> {
 public:
  using timed_awaiter<T>::timed_awaiter;
  auto await_resume() {
    if constexpr (std::is_void_v<T>) {
      if (this->was_stopped_) return false;
      this->take();
      return true;
    } else {
      if (this->was_stopped_) return std::optional<T>{};
      return std::optional<T>{this->take()};
    }
  }
};

/// What wait_for and move_on_after give: a description that owns the operation.
template <class T, template <class> class Awaiter>
class [[nodiscard]] timed_operation {
 public:
  timed_operation(task<T> work, std::int64_t limit, bool start_anyway) noexcept
      : work_{std::move(work)}, limit_{limit}, start_anyway_{start_anyway} {}
  Awaiter<T> operator co_await() { return Awaiter<T>{work_.release(), limit_, start_anyway_}; }

 private:
  task<T> work_;
  std::int64_t limit_;
  bool start_anyway_;
};

template <class A>
inline constexpr bool is_lazy = is_task<std::remove_cvref_t<A>>::value || !awaitable<A>;

}  // namespace detail

/// Awaits `work` (a task, an awaitable or a callable that gives one), but not longer than `limit`: then stops it, waits
/// until it is unwound, and throws timeout_error. A limit of zero or less gives what is ready now, never starts a task,
/// and throws otherwise. asyncio.wait_for. A stop goes to `work` first, and on.
template <class A, class Rep, class Period>
  requires awaitable<A> || detail::task_function<A>
auto wait_for(A&& work, std::chrono::duration<Rep, Period> limit) {
  using value = detail::task_value_t<A>;
  return detail::timed_operation<value, detail::wait_for_awaiter>{detail::to_awaited_task(std::forward<A>(work)),
                                                                  detail::nanoseconds_of(limit), !detail::is_lazy<A>};
}

/// Awaits `work` for at most `limit`, then stops it and goes on: gives an optional, or for work without a value whether
/// it was in time. trio.move_on_after.
template <class A, class Rep, class Period>
  requires awaitable<A> || detail::task_function<A>
auto move_on_after(std::chrono::duration<Rep, Period> limit, A&& work) {
  using value = detail::task_value_t<A>;
  return detail::timed_operation<value, detail::move_on_awaiter>{detail::to_awaited_task(std::forward<A>(work)),
                                                                 detail::nanoseconds_of(limit), !detail::is_lazy<A>};
}

}  // namespace weft
