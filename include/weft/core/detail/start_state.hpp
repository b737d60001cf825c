#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/completion.hpp>

namespace weft {

namespace detail {

/// Where a task started by task_group::start says that it is ready.
class start_state_base : public completion {
 public:
  explicit start_state_base(event_loop& loop) noexcept : loop_{&loop} {}
  event_loop& home() const noexcept override { return *loop_; }
  bool cancel() noexcept override { return false; }
  std::exception_ptr error() noexcept override { return error_; }
  void fail(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    complete(status::error, *loop_);
  }

 protected:
  ~start_state_base() = default;
  event_loop* loop_;
  std::exception_ptr error_;
};

template <class T>
class start_state final : public start_state_base {
 public:
  using start_state_base::start_state_base;
  template <class... U>
  void started(U&&... given) {
    if (done()) throw invalid_state_error{"started() was called twice"};
    value.set_value(std::forward<U>(given)...);
    complete(status::value, *loop_);
  }
  slot<T> value;
};

/// Waits until the task is ready or has failed. A stop cancels the task and waits for its end.
template <class T>
class start_leaf : public completion_leaf {
 public:
  start_leaf(start_state<T>& state, any_task_handle task) noexcept : completion_leaf{state}, task_{std::move(task)} {}
  bool await_ready() const noexcept { return awaited_->done(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    wait(waiting.address());
  }
  T await_resume() {
    auto& state = static_cast<start_state<T>&>(*awaited_);
    if (state.error()) std::rethrow_exception(state.error());
    return state.value.take();
  }
  void on_stop() noexcept override {
    if (phase_ == phase::woken) {
      phase_ = phase::stopped_when_woken;
    } else if (phase_ == phase::waiting) {
      task_.cancel();
      cancelled_ = true;
    }
  }
  void* run() noexcept override {
    if (cancelled_) phase_ = phase::stopped_when_woken;
    return completion_leaf::run();
  }
  const char* describe() const noexcept override { return "task_group.start"; }

 private:
  any_task_handle task_;
  bool cancelled_ = false;
};

}  // namespace detail

/// What a task started by task_group::start says that it is ready with. Copies refer to the same start.
template <class T = void>
class task_status {
 public:
  /// Lets start() return `value`; nothing is taken for a T of void. Throws invalid_state_error the second time.
  template <class... U>
    requires(std::is_void_v<T> ? sizeof...(U) == 0 : std::is_constructible_v<T, U...>)
  void started(U&&... value) const {
    state_->started(std::forward<U>(value)...);
  }

  /// For the library's own use.
  explicit task_status(std::shared_ptr<detail::start_state<T>> state) noexcept : state_{std::move(state)} {}

 private:
  std::shared_ptr<detail::start_state<T>> state_;
};

namespace detail {

/// However the task ends, and also if it never begins, the one who waits for the start hears of it.
template <class T>
class start_keeper {
 public:
  explicit start_keeper(std::shared_ptr<start_state<T>> kept) noexcept : state{std::move(kept)} {}
  start_keeper(start_keeper&& other) noexcept = default;
  start_keeper& operator=(start_keeper&&) = delete;
  ~start_keeper() {
    if (state == nullptr || state->done()) return;
    state->fail(std::make_exception_ptr(weft::error{"the task ended without calling started()"}));
  }

  std::shared_ptr<start_state<T>> state;
};

template <class T, class F>
task<> run_and_report_start(F function, start_keeper<T> keeper) {
  std::exception_ptr early;
  try {
    co_await function(task_status<T>{keeper.state});
  } catch (...) {
    if (keeper.state->done()) throw;
    early = std::current_exception();
  }
  if (early) keeper.state->fail(early);
}

template <class T, class Group, class F>
task<T> start_in_group(Group& group, F function, task_options options, std::source_location made_at) {
  auto state = std::make_shared<start_state<T>>(*this_thread_loop);
  any_task_handle running =
      group.create_task(run_and_report_start<T, F>(std::move(function), start_keeper<T>{state}), options, made_at);
  co_return co_await start_leaf<T>{*state, running};
}

}  // namespace detail
}  // namespace weft
