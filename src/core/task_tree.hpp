#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

/// Where a running task is, as debugging aids tell it.
struct task_place {
  /// What it waits for, in the words of the interface; null while it runs or has not begun.
  const char* waits_for = nullptr;
  /// Its coroutines and where each stands, from the innermost outwards; the library's own only if there are no others.
  std::vector<std::source_location> stack;
};

task_place place_of(running_task& task);

/// "handler (app.cpp:12)"; "lambda in amain (app.cpp:30)".
std::string describe(const std::source_location& where);

/// One line for each task of the loop, as a tree of who awaits whom.
std::string format_tree(event_loop& loop);
/// One line for each task of the loop: number, name, state, time since its last step, stack, and who awaits it.
std::string format_table(event_loop& loop);

}  // namespace weft::detail
