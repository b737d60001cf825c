#pragma once

#include <string_view>
#include <type_traits>
#include <vector>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/task_handle.hpp>
#include <weft/core/task_options.hpp>

namespace weft {

namespace detail {

/// @param how what running_task::start() wants besides the owner.
template <class T, class... How>
task_handle<T> start_running(event_loop& loop, task_owner& owner, task<T>& work, const How&... how) {
  auto* const running = new running_task_of<T>{loop};
  running->adopt(work.release());
  task_handle<T> handle{running};
  running->retain();
  running->start(owner, how...);
  return handle;
}

inline bool are_default(const task_options& options) noexcept {
  return options.name.empty() && options.context == nullptr && !options.eager;
}

/// Inlined, because most callers give no options, and need not write them down then.
/// @param made_at where the user made it; for a task of the library's own, the line that calls this.
template <class T>
[[gnu::always_inline]] inline task_handle<T> start_task(
    event_loop& loop, task_owner& owner, task<T> work, const task_options& options,
    std::source_location made_at = std::source_location::current()) {
  if (are_default(options)) return start_running(loop, owner, work, made_at);
  return start_running(loop, owner, work, options, made_at);
}

}  // namespace detail

/// Runs `work` beside the caller: a task, an awaitable, or a callable that gives one (pass it, do not call it: the task
/// keeps it alive). It starts in the next turn of the loop and belongs to `run`, which cancels and awaits it at its
/// end; prefer task_group::create_task. asyncio.create_task. Throws std::logic_error outside a loop.
template <class A>
  requires awaitable<A> || detail::task_function<A>
[[gnu::always_inline]] inline auto create_task(A&& work, task_options options = {},
                                               std::source_location made_at = std::source_location::current()) {
  detail::event_loop& loop = detail::require_loop("create_task");
  return detail::start_task(loop, *loop.root_owner, detail::to_task(std::forward<A>(work)), options, made_at);
}

/// The task that runs now; an empty handle in plain callbacks and outside a loop. asyncio.current_task.
any_task_handle current_task() noexcept;

/// All tasks of this thread's loop that are not done, by owner and creation; without gather's children and what the
/// library runs for itself. asyncio.all_tasks.
std::vector<any_task_handle> all_tasks();

/// True while destructors run because of a stop; std::uncaught_exceptions() is 0 then.
bool stopping() noexcept;

}  // namespace weft
