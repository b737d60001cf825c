#pragma once

#include <string>

namespace weft {

/// Every task of this thread's loop as a tree: its name, what it waits for, where the co_await stands and which
/// coroutines are around it, and in debug mode since when; below it, the tasks that it waits for. One line each.
///
/// Throws std::logic_error outside a loop. In debug mode (`run(..., {.debug = true})`, or WEFT_DEBUG=1) SIGQUIT prints
/// it to stderr.
std::string format_task_tree();

}  // namespace weft
