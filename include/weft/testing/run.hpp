#pragma once

#include <type_traits>
#include <utility>
#include <weft/testing/detail/trial.hpp>

namespace weft::testing {

/// Runs a program (a callable that gives a task, or a task) under test and returns its value or throws its exception,
/// as weft::run does, but
///
/// - on the simulated clock: it starts at 0, and jumps to the next timer when nothing else can happen;
/// - it throws deadlock_error, which lists who waits for what, when nothing can ever happen again;
/// - it throws failure if the program leaves something behind: a task that has not ended when it returns, a coroutine
///   frame, task or future that is not freed when its loop has ended (for a callable only, since frames of a task that
///   was made before cannot be told apart, and not for one that used threads), or an error that went to the loop's
///   exception handler; or if it does not end at all. The options say what a program may do all the same;
/// - with a seed, in an order of its own; see for_each_seed;
/// - with a place to stop at, it is stopped there; see for_each_stop. If that ends it, cancelled_error is thrown.
///
/// A program that uses threads or sockets can be tested like this too, but only what happens on the loop can be
/// repeated then. Throws std::logic_error if a loop runs on this thread.
template <class A>
  requires awaitable<A> || weft::detail::task_function<A>
weft::detail::task_value_t<A> run(A&& main, options how = {}) {
  using value = weft::detail::task_value_t<A>;
  detail::trial trial{how, !awaitable<A>};
  if constexpr (std::is_void_v<value>) {
    trial.run(std::forward<A>(main));
    trial.finish();
  } else {
    value result = trial.run(std::forward<A>(main));
    trial.finish();
    return static_cast<value&&>(result);
  }
}

}  // namespace weft::testing
