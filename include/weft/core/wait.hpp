#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/owned.hpp>
#include <weft/core/detail/timer.hpp>

namespace weft {

/// When wait() returns.
enum class return_when : unsigned char {
  all_completed,    ///< all are done
  first_completed,  ///< at least one is done
  first_exception   ///< one has failed (a cancelled one has not), or all are done
};
inline constexpr return_when all_completed = return_when::all_completed;
inline constexpr return_when first_completed = return_when::first_completed;
inline constexpr return_when first_exception = return_when::first_exception;

struct wait_options {
  return_when when = return_when::all_completed;
  /// Return after this time in any case; nothing is thrown or cancelled then.
  std::optional<clock::duration> timeout = std::nullopt;
};
static_assert(std::is_trivially_destructible_v<wait_options>);

/// What wait() gives: the handles that were given, in their order.
template <class Handle>
struct wait_result {
  std::vector<Handle> done;
  std::vector<Handle> pending;
};

namespace detail {

/// Hears of the ends of several tasks, each one turn of the ready queue after it.
class end_watch {
 public:
  end_watch() = default;
  end_watch(const end_watch&) = delete;
  end_watch& operator=(const end_watch&) = delete;
  virtual ~end_watch() = default;

  void watch(running_task& task);
  /// Hears of no more ends.
  void stop_watching() noexcept;

  virtual void ended(running_task& task) noexcept = 0;

 private:
  class ear;
  std::vector<ear*> ears_;
};

/// Waits until it has heard of enough ends, or until the time is up. It hears of those that have ended already, too, so
/// that a loop around it lets others run.
class wait_leaf final : public leaf, public timer, private end_watch {
 public:
  wait_leaf(std::vector<running_task*> tasks, wait_options options) noexcept
      : tasks_{std::move(tasks)}, options_{options} {}
  ~wait_leaf() override;

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    wait(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "wait"; }
  void fired() noexcept override;

 private:
  void wait(void* frame);
  void ended(running_task& task) noexcept override;
  void withdraw() noexcept override;

  std::vector<running_task*> tasks_;
  std::size_t unheard_ = 0;
  wait_options options_;
};

template <class Handle>
task<wait_result<Handle>> wait_for_handles(std::vector<Handle> handles, wait_options options) {
  std::vector<running_task*> tasks;
  tasks.reserve(handles.size());
  for (const Handle& h : handles) tasks.push_back(h.running());
  co_await wait_leaf{std::move(tasks), options};
  wait_result<Handle> ended;
  for (Handle& h : handles) (h.done() ? ended.done : ended.pending).push_back(std::move(h));
  co_return ended;
}

/// The tasks of an as_completed() that have ended and were not given out yet.
class completed_tasks final : public end_watch {
 public:
  completed_tasks(std::vector<any_task_handle> handles, std::optional<clock::duration> timeout);
  ~completed_tasks() override { stop_watching(); }

  class next_leaf : public leaf, public timer {
   public:
    explicit next_leaf(completed_tasks& tasks) noexcept : tasks_{&tasks} {}
    bool await_ready() const noexcept {
      return tasks_->given_ < tasks_->ended_.size() || tasks_->given_ == tasks_->handles_.size();
    }
    template <weft_promise P>
    void await_suspend(std::coroutine_handle<P> waiting) {
      wait(waiting.address());
    }
    /// Null when all have been given out.
    running_task* await_resume();
    const char* describe() const noexcept override { return "as_completed"; }
    void fired() noexcept override;

   private:
    friend class completed_tasks;
    void wait(void* frame);
    void withdraw() noexcept override;
    completed_tasks* tasks_;
  };

 private:
  void ended(running_task& task) noexcept override;

  std::vector<any_task_handle> handles_;
  std::vector<running_task*> ended_;
  std::size_t given_ = 0;  // so many of those were given out
  next_leaf* waiting_ = nullptr;
  std::int64_t deadline_ = never;
};

}  // namespace detail

/// Waits for running tasks without looking at how they end: nothing is thrown for a failed one, and a stop of the
/// waiter leaves them alone. It returns in one of the next turns of the loop at the earliest, even if all are done.
/// asyncio.wait. Throws std::invalid_argument for an empty list.
template <class T>
[[nodiscard]] task<wait_result<task_handle<T>>> wait(std::vector<task_handle<T>> handles, wait_options options = {}) {
  if (handles.empty()) throw std::invalid_argument{"wait() for no tasks would never end"};
  return detail::wait_for_handles(std::move(handles), options);
}
[[nodiscard]] task<wait_result<any_task_handle>> wait(std::vector<any_task_handle> handles, wait_options options = {});

/// Running tasks in the order in which they end; see as_completed(). Move-only; next() by one task at a time.
template <class T>
class completion_order {
 public:
  explicit completion_order(const std::vector<task_handle<T>>& handles, std::optional<clock::duration> timeout)
      : tasks_{detail::make_owned<detail::completed_tasks>(std::vector<any_task_handle>(handles.begin(), handles.end()),
                                                           timeout)} {}

  /// The next task that has ended; nullopt when all have been given. Throws timeout_error once the time is up.
  /// A stop loses nothing.
  [[nodiscard]] task<std::optional<task_handle<T>>> next() { return next_of(*tasks_); }

 private:
  static task<std::optional<task_handle<T>>> next_of(detail::completed_tasks& tasks) {
    detail::running_task* ended = co_await detail::completed_tasks::next_leaf{tasks};
    if (ended == nullptr) co_return std::nullopt;
    ended->retain();
    co_return task_handle<T>{static_cast<detail::running_task_of<T>*>(ended)};
  }

  detail::owned<detail::completed_tasks> tasks_;
};

/// Running tasks in the order in which they end. They are not cancelled, neither when the time is up nor when this is
/// dropped. asyncio.as_completed.
/// @param timeout from now on; next() throws timeout_error when it has passed.
template <class T>
[[nodiscard]] completion_order<T> as_completed(const std::vector<task_handle<T>>& handles,
                                               std::optional<clock::duration> timeout = std::nullopt) {
  return completion_order<T>{handles, timeout};
}

}  // namespace weft
