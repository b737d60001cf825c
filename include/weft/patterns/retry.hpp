#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/sleep.hpp>
#include <weft/core/timeout.hpp>
#include <weft/patterns/backoff.hpp>
#include <weft/patterns/detail/callable.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/patterns/retry_budget.hpp>
#include <weft/patterns/retry_hint.hpp>

namespace weft {

/// An attempt has failed and another will be made; what retry_options::on_retry is told.
struct retry_event {
  /// Which attempt has failed, from 1.
  int attempt;
  /// How long it is until the next one.
  clock::duration delay;
  /// What it threw; null if its value was refused.
  std::exception_ptr error;
};

/// The default of retry_options::retry_if: true for all but what another attempt will not mend or should not try:
/// std::logic_error (invalid_argument, out_of_range and their kin), std::bad_alloc, cancelled_error, loop_closed_error,
/// circuit_open_error.
bool retry_transient(const std::exception_ptr& error) noexcept;

/// For retry_options::retry_if: everything.
bool retry_any(const std::exception_ptr& error) noexcept;

namespace detail {
template <class... E>
bool is_any_of(const std::exception_ptr& error) noexcept;
template <class E, auto Predicate>
bool is_and(const std::exception_ptr& error);
}  // namespace detail

/// For retry_options::retry_if: exceptions of these types, and those derived from them:
/// `retry_on<timeout_error, std::system_error>`. tenacity.retry_if_exception_type.
template <class... E>
inline constexpr bool (*retry_on)(const std::exception_ptr&) = &detail::is_any_of<E...>;

/// For retry_options::retry_if: exceptions of type E for which the predicate is true:
/// `retry_when<http_error, [](const http_error& e) { return e.status() >= 500; }>`.
template <class E, auto Predicate>
inline constexpr bool (*retry_when)(const std::exception_ptr&) = &detail::is_and<E, Predicate>;

/// What retry() tries, and when it gives up. Whatever ends it, the last error is the one that comes out.
struct retry_options {
  /// Attempts in all, the first included; at least 1.
  int max_attempts = 3;
  /// The delays between attempts; see backoff_options.
  clock::duration base_delay = std::chrono::milliseconds{100};
  double multiplier = 2.0;
  clock::duration max_delay = std::chrono::seconds{30};
  weft::jitter jitter = weft::jitter::full;
  /// An attempt that takes longer is stopped and fails with timeout_error; more than 0.
  std::optional<clock::duration> attempt_timeout = std::nullopt;
  /// For all attempts and delays together; more than 0. When it is over, the attempt that runs is stopped and
  /// timeout_error comes out; a delay that would not end in time is not begun.
  std::optional<clock::duration> total_timeout = std::nullopt;
  /// Says which errors are worth another attempt; the others come out at once. May throw.
  function_ref<bool(const std::exception_ptr&)> retry_if = &retry_transient;
  /// What the error says about when to try again (an HTTP Retry-After): the delay is at least that, without jitter.
  function_ref<std::optional<clock::duration>(const std::exception_ptr&)> retry_after = &retry_hint_of;
  /// An error that asks for a longer time than this is not waited for and comes out.
  clock::duration max_retry_after = std::chrono::minutes{1};
  /// Retries shared with other calls; must outlive the call.
  retry_budget* budget = nullptr;
  /// Called before each delay: for logs and counters. May throw, which ends the attempts.
  function_ref<void(const retry_event&)> on_retry = {};
};
static_assert(std::is_trivially_destructible_v<retry_options>);

namespace detail {

/// Throws std::invalid_argument for what makes no sense.
void check(const retry_options& options);

/// How many attempts have been made, and what comes next.
class retry_schedule {
 public:
  explicit retry_schedule(const retry_options& options);

  /// How many nanoseconds the next attempt may take.
  std::int64_t attempt_limit() noexcept;
  /// How long to wait before the next attempt; nothing if the error is to come out.
  std::optional<clock::duration> delay_after(const std::exception_ptr& error);
  /// The same after a value that was refused.
  std::optional<clock::duration> delay_after_value(std::optional<clock::duration> hint);

 private:
  std::optional<clock::duration> delay(std::optional<clock::duration> hint, const std::exception_ptr& error);

  retry_options options_;
  backoff backoff_;
  std::int64_t deadline_;
  int attempt_ = 0;  // the one that runs, from 1
};

template <class F, class... A>
concept task_maker = std::invocable<F&, A...> && awaitable<std::invoke_result_t<F&, A...>>;

/// What awaiting f(a...) leaves.
template <class F, class... A>
using called_result_t = kept_result_t<std::invoke_result_t<F&, A...>>;

/// What a judge of values says, as a hint: nothing if the value is accepted.
inline std::optional<clock::duration> verdict_of(bool again) {
  return again ? std::optional<clock::duration>{clock::duration::zero()} : std::nullopt;
}
inline std::optional<clock::duration> verdict_of(std::optional<clock::duration> again) { return again; }

template <class R, class F>
task<R> run_with_retries(retry_options options, F operation) {
  retry_schedule schedule{options};
  for (;;) {
    std::exception_ptr error;
    try {
      const clock::duration limit{schedule.attempt_limit()};
      co_return co_await wait_for(as_task(operation()), limit);
    } catch (...) {
      error = std::current_exception();
    }
    const std::optional<clock::duration> delay = schedule.delay_after(error);
    if (!delay) std::rethrow_exception(error);
    error = nullptr;
    co_await sleep(*delay);
  }
}

template <class R, class F, class Again>
task<R> run_until_accepted(retry_options options, F operation, Again again) {
  retry_schedule schedule{options};
  for (;;) {
    std::optional<R> value;
    std::exception_ptr error;
    try {
      const clock::duration limit{schedule.attempt_limit()};
      value.emplace(co_await wait_for(as_task(operation()), limit));
    } catch (...) {
      error = std::current_exception();
    }
    std::optional<clock::duration> delay;
    if (value) {
      const std::optional<clock::duration> verdict = verdict_of(std::invoke(again, std::as_const(*value)));
      if (verdict) delay = schedule.delay_after_value(verdict);
      if (!delay) co_return *std::move(value);
    } else {
      delay = schedule.delay_after(error);
      if (!delay) std::rethrow_exception(error);
    }
    value.reset();
    error = nullptr;
    co_await sleep(*delay);
  }
}

}  // namespace detail

/// Calls `operation()` and awaits the task it gives, again and again with growing delays, until it succeeds, an error
/// is not worth another attempt, or the attempts, the time or the budget are used up: then the last error comes out.
/// tenacity.retry, Polly's Retry.
///
///     std::string page = co_await retry({.max_attempts = 5, .attempt_timeout = 2s}, [&] { return fetch(url); });
///
/// The operation is copied (std::ref refers to one), and must be able to run more than once. Throws
/// std::invalid_argument for options that make no sense. A stop ends the attempt or delay at once and goes on.
template <class F>
  requires detail::task_maker<std::decay_t<F>>
[[nodiscard]] auto retry(retry_options options, F&& operation) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  using function = std::decay_t<F>;
  detail::check(options);
  return detail::run_with_retries<detail::called_result_t<function>, function>(options, std::forward<F>(operation));
}

/// The same for operations that say by a value that they failed: `again(value)` gives true if another attempt is to be
/// made, or a std::optional<clock::duration> that says after what time at least. When the attempts are used up, the
/// last value is given. tenacity.retry_if_result.
///
///     response r = co_await retry({}, [&] { return client.get(url); }, [](const response& r) { return r.status() ==
///     503; });
template <class F, class Again>
  requires detail::task_maker<std::decay_t<F>> &&
           std::invocable<std::decay_t<Again>&, const detail::called_result_t<std::decay_t<F>>&>
[[nodiscard]] auto retry(retry_options options, F&& operation, Again&& again) {
  static_assert(detail::safe_in_await<F> && detail::safe_in_await<Again>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  using function = std::decay_t<F>;
  detail::check(options);
  return detail::run_until_accepted<detail::called_result_t<function>, function, std::decay_t<Again>>(
      options, std::forward<F>(operation), std::forward<Again>(again));
}

/// A function with retries: what retrying() makes. Copies are independent.
template <class F>
class retrying_function {
 public:
  retrying_function(const retry_options& options, F function) : options_{options}, function_{std::move(function)} {
    detail::check(options);
  }

  /// Like retry(): every attempt gets the same arguments, which are kept as copies (std::ref refers). The task owns all
  /// it needs, the function included.
  template <class... A>
    requires detail::task_maker<F, const std::unwrap_ref_decay_t<A>&...>
  auto operator()(A&&... arguments) const {
    using result = detail::called_result_t<F, const std::unwrap_ref_decay_t<A>&...>;
    return call<result>(options_, function_, detail::kept_arguments<A...>{std::forward<A>(arguments)...});
  }

 private:
  template <class R, class Arguments>
  static task<R> call(retry_options options, F function, Arguments arguments) {
    auto attempt = [&] { return detail::call_with_kept<R>(function, arguments); };
    co_return co_await detail::run_with_retries<R, decltype(attempt)>(options, attempt);
  }

  retry_options options_;
  F function_;
};

/// Makes a function that retries out of one that does not: `auto fetch_safely = retrying({.max_attempts = 3}, fetch);`
/// then `co_await fetch_safely(url)`. Throws std::invalid_argument for options that make no sense. Python's @retry.
template <class F>
[[nodiscard]] retrying_function<detail::callable_t<F>> retrying(const retry_options& options, F&& function) {
  return retrying_function<detail::callable_t<F>>{options, detail::as_callable(std::forward<F>(function))};
}

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

template <class... E>
bool is_any_of(const std::exception_ptr& error) noexcept {
  const auto is = [&]<class X>(std::type_identity<X>) {
    try {
      std::rethrow_exception(error);
    } catch (const X&) {
      return true;
    } catch (...) {
      return false;
    }
  };
  return (is(std::type_identity<E>{}) || ...);
}

template <class E, auto Predicate>
bool is_and(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const E& e) {
    return Predicate(e);
  } catch (...) {
    return false;
  }
}

}  // namespace detail
}  // namespace weft
