#pragma once

#include <cstdint>
#include <weft/core/detail/awaitable.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/testing/failure.hpp>
#include <weft/testing/options.hpp>

namespace weft::testing {

/// How often a program that was stopped ended in which way.
struct stop_counts {
  std::uint64_t stopped = 0;   ///< by the stop
  std::uint64_t failed = 0;    ///< with an error
  std::uint64_t returned = 0;  ///< all the same
};

namespace detail {
stop_counts for_each_stop(function_ref<task<>()> tested, options how);
}  // namespace detail

/// Runs a program (a callable that gives a task, called anew each time) again and again, and stops it at its first
/// place, at its second, and so on, until it ends before the stop comes. Nothing may hang, leak, or be left half done:
/// throws failure for the first run that fails; its text names the place. Gives how the runs ended.
///
///     for_each_stop([&]() -> task<> { ... });
///
/// The places: before each turn of the loop's ready queue (so that what a task waits for may have come already when it
/// is stopped), and whenever all wait for time to pass. Hence each suspension of each task is met, before and after
/// what ends it. By default the program's main task is stopped; `.stop = stops::any_task` picks any task at each
/// place. A `.seed` shuffles the runs as for_each_seed does.
///
/// The environment: WEFT_TEST_STOP=17 stops at that place only.
template <weft::detail::task_function F>
stop_counts for_each_stop(F&& tested, options how = {}) {
  const auto start = [&tested]() -> task<> { static_cast<void>(co_await tested()); };
  return detail::for_each_stop(start, how);
}

}  // namespace weft::testing
