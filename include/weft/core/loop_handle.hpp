#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>
#include <weft/core/clock.hpp>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/core/detail/owned.hpp>
#include <weft/core/detail/pending_call.hpp>
#include <weft/core/detail/posted.hpp>

namespace weft {

/// What an exception handler of a loop is told: an error that reached nobody else.
struct exception_context {
  const char* message;           ///< what happened, in words
  std::exception_ptr exception;  ///< null if there is none
  std::string task;              ///< the name of the task it came from; may be empty
};

/// A function that the loop will call once. Dropping the handle does not cancel the call. asyncio.Handle, TimerHandle.
class callback_handle {
 public:
  callback_handle() noexcept = default;
  callback_handle(const callback_handle& other) noexcept : call_{other.call_} {
    if (call_ != nullptr) call_->add_handle();
  }
  callback_handle(callback_handle&& other) noexcept : call_{std::exchange(other.call_, nullptr)} {}
  callback_handle& operator=(callback_handle other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~callback_handle() {
    if (call_ != nullptr) call_->drop_handle();
  }

  /// The function will not be called, even if it is due, and is destroyed at once. Harmless when repeated or too late.
  void cancel() noexcept {
    if (call_ != nullptr) call_->cancel();
  }
  bool cancelled() const noexcept { return call_ != nullptr && call_->cancelled(); }
  /// When it is due; the epoch for call_soon.
  time_point when() const noexcept { return time_point{clock::duration{call_ != nullptr ? call_->when() : 0}}; }

  /// For the library's own use: the call's first handle.
  explicit callback_handle(detail::pending_call* adopted) noexcept : call_{adopted} {}

 private:
  detail::pending_call* call_ = nullptr;
};

namespace detail {

/// What a loop can call.
template <class F>
concept callback_function = std::invocable<std::decay_t<F>&>;

[[noreturn]] void throw_loop_closed();

/// A function that need not be copyable, unlike std::function's.
class unique_function {
 public:
  unique_function() noexcept = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, unique_function> && callback_function<F>)
  unique_function(F&& f) : call_{make_owned<callable_of<std::decay_t<F>>>(std::forward<F>(f))} {}
  explicit operator bool() const noexcept { return static_cast<bool>(call_); }
  void operator()() { call_->call(); }

 private:
  class callable : public pooled {
   public:
    virtual ~callable() = default;
    virtual void call() = 0;
  };
  template <class F>
  class callable_of final : public callable {
   public:
    explicit callable_of(F function) : function_(std::move(function)) {}
    void call() override { function_(); }

   private:
    F function_;
  };
  owned<callable> call_;
};

}  // namespace detail

/// A loop, from anywhere: the one thing of a loop that other threads may use, through the functions ending in
/// `_threadsafe`; all others belong to the loop's own thread. Copies refer to the same loop; using one after the loop
/// has ended throws loop_closed_error. While a handle exists, the loop does not take itself for deadlocked.
class loop_handle {
 public:
  loop_handle(const loop_handle& other) noexcept;
  loop_handle(loop_handle&& other) noexcept = default;
  loop_handle& operator=(loop_handle other) noexcept;
  ~loop_handle();

  /// Calls `f` in the next round. An exception that it throws goes to the exception handler. asyncio.call_soon.
  template <detail::callback_function F>
  callback_handle call_soon(F&& f) const {
    return start<detail::queued_call>(own_loop(), 0, std::forward<F>(f));
  }
  /// Calls `f` after `delay`, never inside this call. asyncio.call_later.
  template <class Rep, class Period, detail::callback_function F>
  callback_handle call_later(std::chrono::duration<Rep, Period> delay, F&& f) const {
    detail::event_loop& loop = own_loop();
    return start<detail::pending_call>(loop, detail::deadline_after(loop.now(), detail::nanoseconds_of(delay)),
                                       std::forward<F>(f));
  }
  /// Calls `f` at `when`; equal times in the order of the calls. asyncio.call_at.
  template <detail::callback_function F>
  callback_handle call_at(time_point when, F&& f) const {
    return start<detail::pending_call>(own_loop(), when.time_since_epoch().count(), std::forward<F>(f));
  }

  /// The loop's clock.
  time_point time() const noexcept { return clock::now(); }

  /// Calls `f` on the loop's thread; calls from one thread keep their order. Throws loop_closed_error.
  void call_soon_threadsafe(detail::unique_function f) const;

  /// Runs `work` (a task, or a callable that gives one) as a task of the loop's. The future gets its result, its
  /// exception, or cancelled_error if it is cancelled or the loop ends first. Throws loop_closed_error.
  /// Waiting for the future on the loop's own thread would wait for ever.
  template <class A>
    requires awaitable<A> || detail::task_function<A>
  auto run_coroutine_threadsafe(A&& work) const;

  /// Where errors go that reach nobody: of callbacks, and of tasks that failed unseen. The default, and an empty
  /// function, print to stderr. A handler that throws is reported there too. asyncio's set_exception_handler.
  void set_exception_handler(std::function<void(const exception_context&)> handler) const;

  friend bool operator==(const loop_handle& a, const loop_handle& b) noexcept { return a.shared_ == b.shared_; }

  /// For the library's own use.
  explicit loop_handle(std::shared_ptr<detail::loop_shared> shared) noexcept;

 private:
  detail::event_loop& own_loop() const {
    if (!shared_ || shared_->loop == nullptr) [[unlikely]]
      detail::throw_loop_closed();
    return *shared_->loop;
  }
  template <class Call, class F>
  static callback_handle start(detail::event_loop& loop, std::int64_t when, F&& f) {
    auto* const call = new detail::call_of<Call, std::decay_t<F>>{loop, when, std::forward<F>(f)};
    callback_handle handle{call};  // before what may throw
    call->start();
    return handle;
  }
  /// Starts a task on the loop. Any thread.
  void post(task<> work) const;

  std::shared_ptr<detail::loop_shared> shared_;
};

/// The loop that runs on this thread. Throws std::logic_error if none does. asyncio.get_running_loop.
loop_handle this_loop();

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

/// Keeps the promise of run_coroutine_threadsafe, also when its task is dropped.
template <class T>
class promise_keeper {
 public:
  std::future<T> get_future() { return promise_.get_future(); }
  promise_keeper() = default;
  promise_keeper(promise_keeper&& other) noexcept
      : promise_{std::move(other.promise_)}, kept_{std::exchange(other.kept_, true)} {}
  promise_keeper& operator=(promise_keeper&&) = delete;
  ~promise_keeper() {
    if (!kept_) promise_.set_exception(std::make_exception_ptr(cancelled_error{}));
  }
  void set_error(std::exception_ptr error) {
    kept_ = true;
    promise_.set_exception(std::move(error));
  }
  template <class... U>
  void set_value(U&&... value) {
    kept_ = true;
    promise_.set_value(std::forward<U>(value)...);
  }

 private:
  std::promise<T> promise_;
  bool kept_ = false;
};

template <class T>
task<> keep_promise(task<T> work, promise_keeper<T> keeper) {
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      keeper.set_value();
    } else {
      keeper.set_value(co_await std::move(work));
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (error) keeper.set_error(error);
}

}  // namespace detail

template <class A>
  requires awaitable<A> || detail::task_function<A>
auto loop_handle::run_coroutine_threadsafe(A&& work) const {
  using value = detail::task_value_t<A>;
  detail::promise_keeper<value> keeper;
  std::future<value> future = keeper.get_future();
  task<> job = detail::keep_promise<value>(detail::to_task(std::forward<A>(work)), std::move(keeper));
  post(std::move(job));
  return future;
}

}  // namespace weft
