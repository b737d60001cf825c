#pragma once

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/timeout.hpp>
#include <weft/patterns/detail/callable.hpp>
#include <weft/patterns/hedge.hpp>
#include <weft/patterns/retry.hpp>

namespace weft {

/// retry() as a part of a pipeline.
class retries {
 public:
  /// Throws std::invalid_argument for options that make no sense.
  explicit retries(const retry_options& options) : options_{options} { detail::check(options); }
  template <class F>
  [[nodiscard]] auto call(F&& operation) const {
    return retry(options_, std::forward<F>(operation));
  }

 private:
  retry_options options_;
};

/// hedge() as a part of a pipeline.
class hedging {
 public:
  /// Throws std::invalid_argument for options that make no sense.
  explicit hedging(const hedge_options& options) : options_{options} { detail::check(options); }
  template <class F>
  [[nodiscard]] auto call(F&& operation) const {
    return hedge(options_, std::forward<F>(operation));
  }

 private:
  hedge_options options_;
};

/// wait_for() as a part of a pipeline: what is inside of it is stopped after this time and fails with timeout_error.
class time_limit {
 public:
  /// Throws std::invalid_argument unless the limit is more than 0.
  template <class Rep, class Period>
  explicit time_limit(std::chrono::duration<Rep, Period> limit) : limit_{detail::nanoseconds_of(limit)} {
    if (limit_.count() <= 0) throw std::invalid_argument{"time_limit: the limit must be more than 0"};
  }
  template <class F>
  [[nodiscard]] auto call(F&& operation) const {
    return wait_for(std::forward<F>(operation), limit_);
  }

 private:
  clock::duration limit_;
};

namespace detail {

/// The policies from the I-th on, around the operation. Refers to both.
template <std::size_t I, class Policies, class F>
struct pipeline_layer {
  Policies* policies;
  F* operation;
  auto operator()() const {
    if constexpr (I == std::tuple_size_v<Policies>) {
      return as_task((*operation)());
    } else {
      return as_task(std::get<I>(*policies).call(pipeline_layer<I + 1, Policies, F>{policies, operation}));
    }
  }
};

template <class Policies, class F, class R = typename std::invoke_result_t<pipeline_layer<0, Policies, F>>::value_type>
task<R> call_through(Policies policies, F operation) {
  const pipeline_layer<0, Policies, F> outermost{&policies, &operation};
  co_return co_await outermost();
}

template <class R, class Policies, class F, class Arguments>
task<R> call_through_with(Policies policies, F function, Arguments arguments) {
  auto operation = [&] { return call_with_kept<R>(function, arguments); };
  const pipeline_layer<0, Policies, decltype(operation)> outermost{&policies, &operation};
  co_return co_await outermost();
}

}  // namespace detail

/// A function inside of a pipeline: what pipeline::wrap makes.
template <class Policies, class F>
class piped_function {
 public:
  piped_function(Policies policies, F function) : policies_{std::move(policies)}, function_{std::move(function)} {}

  /// Calls the function through the pipeline; it may be called several times with the same arguments, which are kept as
  /// copies (std::ref refers). The task owns all it needs but for the policies that were given as lvalues.
  template <class... A>
    requires detail::task_maker<F, const std::unwrap_ref_decay_t<A>&...>
  auto operator()(A&&... arguments) const {
    using result = detail::called_result_t<F, const std::unwrap_ref_decay_t<A>&...>;
    return detail::call_through_with<result>(policies_, function_,
                                             detail::kept_arguments<A...>{std::forward<A>(arguments)...});
  }

 private:
  Policies policies_;
  F function_;
};

/// Policies around each other: what pipeline() makes.
template <class... P>
class policy_pipeline {
  static_assert(((std::is_lvalue_reference_v<P> || std::copy_constructible<P>) && ...),
                "a breaker, limiter or bulkhead is shared between calls: give it a name and pass that");
  using policies = std::tuple<P...>;

 public:
  explicit policy_pipeline(P... policy) : policies_{static_cast<P&&>(policy)...} {}

  /// Calls `operation()` through all policies. The operation is copied; the task owns all it needs but for the policies
  /// that were given as lvalues.
  template <class F>
    requires detail::task_function<F>
  [[nodiscard]] auto call(F&& operation) const {
    static_assert(detail::safe_in_await<F>,
                  "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
    return detail::call_through<policies, std::decay_t<F>>(policies_, std::forward<F>(operation));
  }

  /// A function that calls `function` through all policies.
  template <class F>
  [[nodiscard]] auto wrap(F&& function) const {
    return piped_function<policies, detail::callable_t<F>>{policies_, detail::as_callable(std::forward<F>(function))};
  }

 private:
  policies policies_;
};

/// Policies around each other, the first outermost: retries, time limits, breakers, limiters, bulkheads, or anything
/// with a `call(operation)` that gives an awaitable. Polly's ResiliencePipeline.
///
///     auto page = co_await pipeline(retries({.max_attempts = 4}), breaker, limiter, time_limit(2s)).call(fetch);
///     auto fetch_safely = pipeline(retries({}), breaker).wrap(fetch);
///
/// Here each attempt asks the breaker, waits for its turn at the limiter, and then may take 2 seconds. Lvalues are
/// referred to and must outlive the calls.
template <class... P>
  requires(sizeof...(P) > 0)
[[nodiscard]] policy_pipeline<P...> pipeline(P&&... policies) {
  return policy_pipeline<P...>{std::forward<P>(policies)...};
}

}  // namespace weft
