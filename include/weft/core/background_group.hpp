#pragma once

#include <weft/core/create_task.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft {

namespace detail {

class children_leaf;

class background_tasks final : public task_owner {
 public:
  void child_done(running_task& child) noexcept override;
  list<children_leaf> waiting;
  bool closed = false;
};

/// Waits until there are no children left.
class children_leaf : public leaf, public list_hook<children_leaf> {
 public:
  explicit children_leaf(background_tasks& tasks) noexcept : tasks_{&tasks} {}
  bool await_ready() const noexcept { return !tasks_->has_children(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    tasks_->waiting.push_back(*this);
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "background_group.shutdown"; }

 private:
  void withdraw() noexcept override { tasks_->waiting.remove(*this); }
  background_tasks* tasks_;
};

}  // namespace detail

/// Tasks that live as long as an object does, instead of a block.
///
/// A task that fails harms no other; its error goes to the loop's exception handler. Before the group is destroyed, its
/// tasks must have ended: await shutdown(). A group that is destroyed with tasks in it ends the program with a message,
/// as std::thread does, since nothing may run on a dead object. Belongs to one loop; does not move.
class background_group {
 public:
  background_group() noexcept = default;
  background_group(const background_group&) = delete;
  background_group& operator=(const background_group&) = delete;
  ~background_group();

  /// Runs `work` (a task, an awaitable, or a callable that gives one); it starts in the next turn of the loop. Throws
  /// std::logic_error after shutdown().
  template <class A>
    requires awaitable<A> || detail::task_function<A>
  [[gnu::always_inline]] auto create_task(A&& work, task_options options = {},
                                          std::source_location made_at = std::source_location::current()) {
    check_can_create();
    return detail::start_task(*detail::this_thread_loop, tasks_, detail::to_task(std::forward<A>(work)), options,
                              made_at);
  }

  /// Stops all tasks and waits until they have ended; no further ones can be created. A stop of the one who waits does
  /// not cut it short.
  [[nodiscard]] task<> shutdown();

  /// Waits until there are no tasks, without stopping any.
  [[nodiscard]] task<> join();

  /// How many have not ended.
  std::size_t size() const noexcept { return tasks_.child_count(); }
  bool empty() const noexcept { return !tasks_.has_children(); }

 private:
  void check_can_create() const;
  static task<> wait_for_children(detail::background_tasks& tasks);
  detail::background_tasks tasks_;
};

}  // namespace weft
