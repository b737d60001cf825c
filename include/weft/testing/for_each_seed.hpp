#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <weft/core/detail/awaitable.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/testing/failure.hpp>
#include <weft/testing/options.hpp>

namespace weft::testing {

namespace detail {
void for_each_seed(std::uint64_t count, function_ref<task<>(std::uint64_t)> tested, options how);

template <class F>
concept takes_seed =
    std::invocable<std::decay_t<F>&, std::uint64_t> && awaitable<std::invoke_result_t<std::decay_t<F>&, std::uint64_t>>;
}  // namespace detail

/// Runs a program (a callable that gives a task, called anew each time; it may take the seed) under `count` seeds, each
/// of which has its own order of what may come in any order. Throws failure for the first run that fails; its text
/// names the seed.
///
///     for_each_seed(1000, [&]() -> task<> { ... });
///
/// What is shuffled: the steps of tasks that became ready in the same round of the loop. That is who begins first of
/// tasks made together; who goes on first of those who slept until the same time, waited for the same event, barrier,
/// future or task, or yielded; and who unwinds first of tasks that were cancelled together. A step may also be put
/// behind a callback (call_soon and the like) that became ready after it.
///
/// What is not: the steps of one task; rounds (what a step makes ready comes in the next one); callbacks among
/// themselves, and the ends of tasks as their group, gather or race learns of them: an owner hears of an end before
/// those who await the task do; time limits that end together; and those who are served in order by a queue, lock,
/// semaphore, condition or rate_limiter: whoever asked first is first in line under every seed. All that weft promises
/// holds under every seed, and so must a program's own invariants.
///
/// With `.stop`, each seed also stops the program, or one of its tasks, at a place that the seed picks, in a second run
/// (see for_each_stop). A program whose tasks are stopped one by one must be made for that.
///
/// The environment: WEFT_TEST_SEED=17 runs that seed only, WEFT_TEST_SEEDS=5000 as many as that instead of `count`.
template <class F>
  requires weft::detail::task_function<F> || detail::takes_seed<F>
void for_each_seed(std::uint64_t count, F&& tested, options how = {}) {
  const auto start = [&tested](std::uint64_t seed) -> task<> {
    if constexpr (detail::takes_seed<F>) {
      static_cast<void>(co_await tested(seed));
    } else {
      static_cast<void>(seed);
      static_cast<void>(co_await tested());
    }
  };
  detail::for_each_seed(count, start, how);
}

}  // namespace weft::testing
