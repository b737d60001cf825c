#pragma once

#include <cstdint>
#include <type_traits>
#include <weft/patterns/function_ref.hpp>

namespace weft::testing {

/// Whom a test stops.
enum class stops : unsigned char {
  none,       ///< nobody
  main_task,  ///< the program itself
  any_task    ///< any task that all_tasks() knows, as the seed has it
};

/// How a program is tested.
struct options {
  /// Shuffles what may come in any order, each number differently, and seeds what weft itself draws at random. 0: the
  /// loop's own order, as in weft::run. For for_each_seed the first one to try.
  std::uint64_t seed = 0;
  /// The place at which the program is stopped, counted from 1; 0: nowhere. For for_each_stop the first one to try.
  std::uint64_t stop_at = 0;
  /// Who is stopped at that place. for_each_seed stops nobody if this is `none`; elsewhere it stands for the main task.
  stops stop = stops::none;
  /// The clock moves by advance() only; a program in which all wait, and nobody for advance(), is deadlocked.
  bool clock_by_hand = false;
  /// The program may leave tasks to run() when it returns, which cancels them then.
  bool may_leave_tasks = false;
  /// It may leave coroutine frames, tasks and futures behind, in what it returns or in variables outside.
  bool may_leave_frames = false;
  /// Errors that reach nobody ("Task exception was never retrieved") may go to the loop's exception handler.
  bool may_report = false;
  /// for_each_seed, for_each_stop: once it was stopped, the program may also end with an error.
  bool may_fail_when_stopped = false;
  /// How many turns of the ready queue it may take: a program that does not end is stopped then.
  std::uint64_t max_turns = 1'000'000;
  /// for_each_seed, for_each_stop: asked after each run whether checks have failed that throw nothing; with GoogleTest
  /// `[] { return ::testing::Test::HasFailure(); }`.
  function_ref<bool()> failed = nullptr;
};
static_assert(std::is_trivially_destructible_v<options>);

}  // namespace weft::testing
