#pragma once

#include <exception>
#include <memory>
#include <vector>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/start_state.hpp>
#include <weft/core/with.hpp>

namespace weft {

namespace detail {

/// The children of a task_group, and how their ends bear on each other and on the block.
class group_tasks final : public task_owner {
 public:
  void child_done(running_task& child) noexcept override;
  scope* awaited_in() const noexcept override;

  /// Stops every unfinished child and the block, once.
  void abort() noexcept;
  void check_can_create() const;

  class exit_leaf;
  enum class state : unsigned char { fresh, open, leaving, left };

  std::vector<std::exception_ptr> errors;
  scope* body = nullptr;         // while the block runs
  exit_leaf* waiting = nullptr;  // the block has ended and waits for the children
  state at = state::fresh;
  bool aborting = false;
};

/// The end of the block: waits for the children, then decides how the block has ended.
class group_tasks::exit_leaf : public leaf {
 public:
  exit_leaf(group_tasks& group, block_end& end) noexcept : group_{&group}, end_{&end} {}

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> leaving) noexcept {
    return wait(leaving.address());
  }
  void await_resume();

  void on_stop() noexcept override;
  void* run() noexcept override;
  const char* describe() const noexcept override { return "task_group"; }

 private:
  friend class group_tasks;
  bool wait(void* frame) noexcept;

  group_tasks* group_;
  block_end* end_;
  bool interrupted_ = false;
  bool stopping_outside_ = false;
};

}  // namespace detail

/// Tasks that never outlive a block: `co_await with(task_group{}, [](task_group& tg) -> task<> {...})`.
/// asyncio.TaskGroup.
///
/// Leaving the block waits for all children. The first child that fails, or a block that fails, stops all the others;
/// when they have ended, with() throws an exception_group of the errors in the order in which the tasks ended, the
/// block's own last, even if there is only one. A child that was cancelled is no error. A stop from outside goes to the
/// block and the children first, and on when all have ended. The block's local variables are gone while the group waits
/// for its children: children may refer to what lives outside the with(), and to the body's captures.
class task_group {
 public:
  task_group() noexcept = default;
  task_group(task_group&& other);  // NOLINT(performance-noexcept-move-constructor): throws if it is in use

  /// Runs `work` beside the block: a task, an awaitable, or a callable that gives one (pass it, do not call it). It
  /// starts in the next turn of the loop. Children may create further children until the group has been left.
  /// Throws std::logic_error before with(), after it, and once the group is being stopped; `work` never starts then.
  template <class A>
    requires awaitable<A> || detail::task_function<A>
  [[gnu::always_inline]] auto create_task(A&& work, task_options options = {},
                                          std::source_location made_at = std::source_location::current()) {
    tasks_.check_can_create();
    return detail::start_task(*detail::this_thread_loop, tasks_, detail::to_task(std::forward<A>(work)), options,
                              made_at);
  }

  /// Runs `function(task_status<T>)` in the group and waits until it calls status.started(value); gives that value,
  /// while the task goes on. An error before that comes out of start() alone; a task that ends without it makes start()
  /// throw weft::error. A stop of the waiter cancels the task and waits for its end. trio.Nursery.start.
  template <class T = void, class F>
  [[nodiscard]] task<T> start(F function, task_options options = {},
                              std::source_location made_at = std::source_location::current()) {
    tasks_.check_can_create();
    return detail::start_in_group<T>(*this, std::move(function), options, made_at);
  }

  /// Stops the block and all children; the block then ends without an error. Also before with(); harmless when
  /// repeated.
  void cancel() noexcept;

  /// For with().
  void opened(detail::scope& body);
  detail::group_tasks::exit_leaf closed(detail::block_end& end) noexcept { return {tasks_, end}; }

 private:
  detail::group_tasks tasks_;
};

}  // namespace weft
