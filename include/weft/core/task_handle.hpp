#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <weft/core/detail/running_task.hpp>

namespace weft {

namespace detail {

/// What awaiting a task that failed or was cancelled throws.
[[noreturn]] void throw_outcome(running_task& ended);

/// A counted reference to a running task; may be null.
template <class Task>
class task_ref {
 public:
  task_ref() noexcept = default;
  explicit task_ref(Task* adopted) noexcept : task_{adopted} {}
  task_ref(const task_ref& other) noexcept : task_{other.task_} {
    if (task_ != nullptr) task_->retain();
  }
  task_ref(task_ref&& other) noexcept : task_{std::exchange(other.task_, nullptr)} {}
  task_ref& operator=(task_ref other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~task_ref() {
    if (task_ != nullptr) task_->release();
  }
  Task* get() const noexcept { return task_; }

 private:
  Task* task_ = nullptr;
};

template <class T>
class handle_awaiter {
 public:
  explicit handle_awaiter(running_task_of<T>& task) noexcept : leaf_{task}, task_{&task} { task.retain(); }
  bool await_ready() const noexcept { return task_.get()->done(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    check_may_await(*task_.get(), *task_.get()->loop, waiting.address());
    leaf_.wait(waiting.address());
  }

 protected:
  running_task_of<T>& finished() {
    running_task_of<T>& task = *task_.get();
    if (task.state() != completion::status::value) [[unlikely]]
      throw_outcome(task);
    return task;
  }

 private:
  task_join leaf_;
  task_ref<running_task_of<T>> task_;  // every handle may be dropped meanwhile
};

template <class T>
class handle_reference_awaiter : public handle_awaiter<T> {
 public:
  using handle_awaiter<T>::handle_awaiter;
  std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<const T>> await_resume() {
    auto& task = this->finished();
    if constexpr (!std::is_void_v<T>) return task.outcome.value();
  }
};

template <class T>
class handle_value_awaiter : public handle_awaiter<T> {
 public:
  using handle_awaiter<T>::handle_awaiter;
  T await_resume() {
    auto& task = this->finished();
    if constexpr (!std::is_void_v<T>) return static_cast<T&&>(task.outcome.value());
  }
};

/// How completion checks speak of a pending or cancelled task.
[[noreturn]] void throw_pending(const char* what);
void add_done_callback(completion& awaited, std::function<void()> callback);

}  // namespace detail

/// A task that runs, without what it gives: for looking at tasks of any kind and cancelling them.
/// Copies refer to the same task. Belongs to the loop's thread.
class any_task_handle {
 public:
  any_task_handle() noexcept = default;

  /// True if it refers to a task.
  explicit operator bool() const noexcept { return task_.get() != nullptr; }

  /// Stops the task: it unwinds from where it waits, in one of the next turns of the loop. True unless it was done.
  /// asyncio.Task.cancel.
  bool cancel() const noexcept { return task_.get()->cancel(); }
  /// It has returned, failed, or been cancelled.
  bool done() const noexcept { return task_.get()->done(); }
  /// It ended by a stop, or by a cancelled_error that left it.
  bool cancelled() const noexcept { return task_.get()->state() == detail::completion::status::cancelled; }
  /// A stop has been asked for, whether or not it has ended since.
  bool cancelling() const noexcept { return task_.get()->stop_requested; }
  /// The exception it failed with, null if it returned. Throws invalid_state_error while it runs and cancelled_error if
  /// it was cancelled.
  std::exception_ptr exception() const;
  /// The name it was given, or "Task-N".
  std::string name() const { return task_.get()->name(); }
  void set_name(std::string_view name) const { task_.get()->set_name(name); }

  /// Calls `callback` from the ready queue once the task is done (also if it is already).
  /// asyncio.Task.add_done_callback.
  void add_done_callback(std::function<void(any_task_handle)> callback) const;

  friend bool operator==(const any_task_handle& a, const any_task_handle& b) noexcept {
    return a.task_.get() == b.task_.get();
  }

  /// For the library's own use.
  explicit any_task_handle(detail::running_task* adopted) noexcept : task_{adopted} {}
  detail::running_task* running() const noexcept { return task_.get(); }

 protected:
  detail::task_ref<detail::running_task> task_;
};

/// A running task that gives a T: what create_task returns. asyncio.Task.
///
/// Copies refer to the same task. A handle may be dropped: the task belongs to its group (or to `run`), not to handles.
/// Awaiting waits for the end and gives `T const&`, valid as long as a handle exists; awaiting an rvalue
/// (`co_await std::move(h)`) moves the value out. It throws what the task threw, or cancelled_error if it was
/// cancelled; any number of tasks may await it, any number of times. A stop of the awaiter cancels the awaited task and
/// waits for its end (shield(handle) does not).
template <class T>
class task_handle : public any_task_handle {
 public:
  using value_type = T;

  task_handle() noexcept = default;

  auto operator co_await() const& { return detail::handle_reference_awaiter<T>{checked()}; }
  auto operator co_await() && { return detail::handle_value_awaiter<T>{checked()}; }

  /// The value, if it has returned; else throws its exception, cancelled_error or invalid_state_error.
  std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<const T>> result() const {
    detail::running_task_of<T>& task = checked();
    if (!task.done()) detail::throw_pending("the task has not ended");
    if (task.state() != detail::completion::status::value) detail::throw_outcome(task);
    if constexpr (!std::is_void_v<T>) return task.outcome.value();
  }

  /// For the library's own use.
  explicit task_handle(detail::running_task_of<T>* adopted) noexcept : any_task_handle{adopted} {}

 private:
  detail::running_task_of<T>& checked() const {
    if (task_.get() == nullptr) throw std::logic_error{"an empty task_handle refers to no task"};
    return static_cast<detail::running_task_of<T>&>(*task_.get());
  }
};

}  // namespace weft
