#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <weft/patterns/detail/map_run.hpp>

namespace weft {

/// How map() and its kin run.
struct map_options {
  /// How many may run at the same time; at least 1.
  std::ptrdiff_t limit = 16;
};
static_assert(std::is_trivially_destructible_v<map_options>);

/// Calls `function(item)` for each item of a range or of anything with an asynchronous next() (a generator, a queue),
/// awaits the tasks that it gives, never more than `limit` at the same time, and gives their values in the order of
/// the items: a vector, or nothing if they have none.
///
///     std::vector<page> pages = co_await map(urls, fetch, {.limit = 10});
///
/// The first error, of a call or of the source, stops all others and comes out when they have ended. A stop goes to
/// all, and on when all have ended. Items are taken from an asynchronous source only when there is room for them. A
/// source given as an rvalue is owned (and closed, if it is a generator), an lvalue must outlive the call; elements of
/// an lvalue range are passed by reference. The function is copied. Throws std::invalid_argument for a limit below 1.
/// aiostream's map with a task limit.
template <class S, class F>
  requires detail::maps<S, F>
[[nodiscard]] auto map(S&& source, F&& function, map_options options = {}) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  detail::check_limit(options.limit, "map: limit must be at least 1");
  return detail::run_map<detail::value_sink, S, detail::callable_t<F>>(
      std::forward<S>(source), detail::as_callable(std::forward<F>(function)), options.limit);
}

/// The same, but a call that fails harms no other: gives a vector of result<T>, each a value or an error
/// (cancelled_error where somebody cancelled the task), in the order of the items. An error of the source itself stops
/// all and comes out.
template <class S, class F>
  requires detail::maps<S, F>
[[nodiscard]] auto map_settled(S&& source, F&& function, map_options options = {}) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  detail::check_limit(options.limit, "map_settled: limit must be at least 1");
  return detail::run_map<detail::settled_sink, S, detail::callable_t<F>>(
      std::forward<S>(source), detail::as_callable(std::forward<F>(function)), options.limit);
}

}  // namespace weft
