#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/children.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/gather.hpp>
#include <weft/core/with.hpp>
#include <weft/patterns/detail/callable.hpp>

namespace weft {

/// When hedge() starts further attempts.
struct hedge_options {
  /// How long to wait for an attempt before the next one is started beside it; not negative.
  clock::duration delay = std::chrono::milliseconds{100};
  /// Attempts in all, the first included; at least 1.
  int max_attempts = 2;
};
static_assert(std::is_trivially_destructible_v<hedge_options>);

namespace detail {

/// Throws std::invalid_argument for what makes no sense.
void check(const hedge_options& options);

/// The attempts of a hedge: the first that succeeds stops the others.
class hedged_tasks final : public task_owner {
 public:
  bool internal() const noexcept override { return true; }
  void child_done(running_task& child) noexcept override;

  class next_leaf;
  /// Waits until an attempt has failed, the delay has passed, or, with a winner or in the last round, all have ended.
  next_leaf next(std::int64_t delay, bool last) noexcept;

  running_task* winner() const noexcept { return winner_.running(); }
  running_task* last_failure() const noexcept { return failure_.running(); }

 private:
  any_task_handle winner_;
  any_task_handle failure_;  // the latest
  next_leaf* waiting_ = nullptr;
};

class hedged_tasks::next_leaf final : public leaf, public timer {
 public:
  next_leaf(hedged_tasks& tasks, std::int64_t delay, bool last) noexcept : tasks_{&tasks}, delay_{delay}, last_{last} {}
  ~next_leaf() = default;

  bool await_ready() const noexcept { return !tasks_->has_children(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    wait(waiting.address());
  }
  void await_resume() noexcept { tasks_->waiting_ = nullptr; }
  /// A stop goes to the attempts, and on when all have ended.
  void on_stop() noexcept override;
  void* run() noexcept override;
  void fired() noexcept override;
  const char* describe() const noexcept override { return "hedge"; }

 private:
  friend class hedged_tasks;
  void wait(void* frame);
  void ended(bool failed) noexcept;

  hedged_tasks* tasks_;
  std::int64_t delay_;
  bool last_;
  bool stopped_ = false;
};

inline hedged_tasks::next_leaf hedged_tasks::next(std::int64_t delay, bool last) noexcept {
  return next_leaf{*this, delay, last};
}

template <class R, class F>
task<R> run_hedged(hedge_options options, F operation) {
  hedged_tasks attempts;
  event_loop& loop = require_loop("hedge");
  auto attempt = [&operation] { return operation(); };
  for (int n = 1; n <= options.max_attempts && attempts.winner() == nullptr; ++n) {
    // Whoever waits for the attempts is told of their ends; the handle is not needed.
    (void)start_task(loop, attempts, call_in_task<R, decltype(attempt)>(attempt), {});
    co_await attempts.next(options.delay.count(), n == options.max_attempts);
  }
  if (attempts.winner() == nullptr) throw_failure(*attempts.last_failure());
  auto& winner = static_cast<running_task_of<R>&>(*attempts.winner());
  if constexpr (std::is_void_v<R>) {
    winner.outcome.take();
  } else {
    co_return winner.outcome.take();
  }
}

}  // namespace detail

/// Calls `operation()`, and if the task that it gives takes longer than the delay, starts another one beside it; the
/// first that succeeds wins. Against the few slow answers among many fast ones. Polly's Hedging.
///
///     std::string row = co_await hedge({.delay = 50ms}, [&] { return replica().read(key); });
///
/// An attempt that fails makes the next one start at once; if all fail, the error of the last to fail comes out. The
/// others are stopped when one has won, and waited for. The operation is copied and must bear being run several times
/// at once. Throws std::invalid_argument for a negative delay and less than one attempt. A stop goes to all attempts,
/// and on when they have ended.
template <class F>
  requires detail::task_function<F>
[[nodiscard]] auto hedge(hedge_options options, F&& operation) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  using function = std::decay_t<F>;
  detail::check(options);
  return detail::run_hedged<detail::kept_result_t<std::invoke_result_t<function&>>, function>(
      options, std::forward<F>(operation));
}

}  // namespace weft
