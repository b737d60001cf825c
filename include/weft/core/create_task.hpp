#pragma once

#include <string_view>
#include <type_traits>
#include <vector>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/task_handle.hpp>
#include <weft/core/task_options.hpp>

namespace weft {

namespace detail {

/// Makes a task of a coroutine that has not begun. Gives it with a reference for the caller.
template <class T>
[[gnu::noinline, gnu::returns_nonnull]] running_task_of<T>* start_specially(event_loop& loop, task_owner& owner,
                                                                            std::coroutine_handle<task_promise<T>> root,
                                                                            const task_options& options,
                                                                            std::source_location made_at) {
  running_task_of<T>* running = nullptr;
  try {
    running = new running_task_of<T>{loop};
    running->adopt(root);
    running->start_specially(owner, options, made_at);
  } catch (...) {
    delete running;
    drop_unawaited(root.address());
    throw;
  }
  return running;
}

/// The same without options. Mostly it calls nothing, and so has no registers to save.
template <class T>
[[gnu::noinline, gnu::returns_nonnull]] running_task_of<T>* start_plainly(event_loop& loop, task_owner& owner,
                                                                          std::coroutine_handle<task_promise<T>> root,
                                                                          std::source_location made_at) {
  if (!loop.tasks_carry_more && has_task_number(loop)) [[likely]] {
    if (void* const memory = take_cached_frame(sizeof(running_task_of<T>))) [[likely]] {
      auto* const running = ::new (memory) running_task_of<T>{loop};
      running->adopt(root);
      running->start_plainly(owner);
      return running;
    }
  }
  return start_specially<T>(loop, owner, root, {}, made_at);
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
  const std::coroutine_handle<task_promise<T>> root = work.release();
  if (are_default(options)) return task_handle<T>{start_plainly<T>(loop, owner, root, made_at)};
  return task_handle<T>{start_specially<T>(loop, owner, root, options, made_at)};
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
