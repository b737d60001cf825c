#pragma once

#include <cstdint>
#include <weft/core/clock.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/timer.hpp>

namespace weft {

namespace detail {

class yield_leaf : public leaf {
 public:
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    yield(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "sleep(0)"; }

 private:
  void yield(void* frame) noexcept {
    frame_ = frame;
    scope& in = in_scope();
    in.waiting_on = this;
    phase_ = in.stop_requested ? phase::stopped : phase::woken;
    in.loop->push(*this);
  }
};

class sleep_leaf : public leaf, public timer {
 public:
  /// @param until a deadline, or, if `relative`, nanoseconds from the suspension on.
  sleep_leaf(std::int64_t until, bool relative) noexcept : until_{relative ? ~at_least_0(until) : at_least_0(until)} {}
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    wait(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "sleep"; }
  void fired() noexcept override { wake(); }

 private:
  static std::int64_t at_least_0(std::int64_t number) noexcept { return number > 0 ? number : 0; }
  void wait(void* frame);
  void withdraw() noexcept override;

  std::int64_t until_;  // negative: one less than zero for each nanosecond from the suspension on
};

/// What sleep() gives: a description, so that it can be passed on before it is awaited.
struct [[nodiscard("sleep does nothing until it is awaited")]] sleep_for {
  std::int64_t until;
  bool relative;
  sleep_leaf operator co_await() const noexcept { return {until, relative}; }
};

struct [[nodiscard("checkpoint does nothing until it is awaited")]] yield_now {
  yield_leaf operator co_await() const noexcept { return {}; }
};

}  // namespace detail

/// Suspends for `d`; zero or less lets everything run that is ready, and goes on. asyncio.sleep.
/// A stop ends it at once. Throws std::invalid_argument if `d` is not a number.
template <class Rep, class Period>
detail::sleep_for sleep(std::chrono::duration<Rep, Period> d) {
  return {detail::nanoseconds_of(d), true};
}

/// Suspends until weft::now() is `deadline` or later. A stop ends it at once.
inline detail::sleep_for sleep_until(time_point deadline) noexcept {
  return {deadline.time_since_epoch().count(), false};
}

/// Lets everything run that is ready, then goes on; the place where long computations notice a stop. sleep(0).
inline detail::yield_now checkpoint() noexcept { return {}; }

}  // namespace weft
