#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/detail/context_data.hpp>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/detail/owned.hpp>
#include <weft/core/detail/posted.hpp>
#include <weft/core/detail/slot.hpp>

namespace weft::detail {

class thread_leaf;
class pool_state;

/// A call on its way through a thread pool. It has one owner at a time: the awaiter, the pool's queue, a thread, the
/// loop's ready queue, and the awaiter again.
class thread_job : public posted, public list_hook<thread_job>, public pooled {
 public:
  /// Makes the call and keeps what comes of it. On the thread.
  virtual void perform() noexcept = 0;
  /// Gives itself back to the awaiter. On the loop.
  void* run() noexcept final;

  std::shared_ptr<loop_shared> home;
  context_ref context;             ///< what the call sees of context variables
  thread_leaf* awaiter = nullptr;  ///< null once it was abandoned; the loop's thread only
  bool queued = false;             ///< not begun; guarded by the pool's mutex
};

template <class R>
class thread_job_giving : public thread_job {
 public:
  slot<R> outcome;
};

template <class R, class F, class... Args>
class thread_job_of final : public thread_job_giving<R> {
 public:
  template <class G, class... A>
  explicit thread_job_of(G&& function, A&&... arguments)
      : function_(std::forward<G>(function)), arguments_(std::forward<A>(arguments)...) {}

  void perform() noexcept override {
    try {
      if constexpr (std::is_void_v<R>) {
        std::apply(std::move(function_), std::move(arguments_));
        this->outcome.set_value();
      } else {
        this->outcome.set_value(std::apply(std::move(function_), std::move(arguments_)));
      }
    } catch (...) {
      this->outcome.set_error(std::current_exception());
    }
  }

 private:
  F function_;
  std::tuple<Args...> arguments_;
};

/// Waits for a job. A stop withdraws it if it has not begun; one that runs is waited for, or abandoned.
class thread_leaf : public leaf {
 public:
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    start(waiting.address());
  }
  void on_stop() noexcept override;
  const char* describe() const noexcept override { return pool_ != nullptr ? "thread_pool.run" : "to_thread"; }

 protected:
  /// @param pool null for the loop's own.
  thread_leaf(std::shared_ptr<pool_state> pool, owned<thread_job> job, bool abandon) noexcept
      : pool_{std::move(pool)}, job_{std::move(job)}, abandon_{abandon} {}
  ~thread_leaf() = default;

  thread_job& ended_job() const noexcept { return *job_; }

 private:
  friend class thread_job;
  void start(void* frame);
  void* come_back(owned<thread_job> job) noexcept;
  void withdraw() noexcept override;
  bool take_back() noexcept;

  std::shared_ptr<pool_state> pool_;
  pool_state* used_pool_ = nullptr;
  owned<thread_job> job_;  // but for the time in which the pool has it
  thread_job* given_away_ = nullptr;
  bool abandon_;
  bool stop_comes_after_ = false;
};

template <class R>
class thread_awaiter final : public thread_leaf {
 public:
  thread_awaiter(std::shared_ptr<pool_state> pool, owned<thread_job> job, bool abandon) noexcept
      : thread_leaf{std::move(pool), std::move(job), abandon} {}
  R await_resume() { return static_cast<thread_job_giving<R>&>(ended_job()).outcome.take(); }
};

/// A call to be made on a thread; it owns the function and the arguments.
template <class R>
class [[nodiscard("a thread call does nothing until it is awaited")]] thread_call {
 public:
  thread_call(std::shared_ptr<pool_state> pool, owned<thread_job> job, bool abandon) noexcept
      : pool_{std::move(pool)}, job_{std::move(job)}, abandon_{abandon} {}

  thread_awaiter<R> operator co_await() {
    if (!job_) throw std::logic_error{"a thread call can be awaited only once"};
    return thread_awaiter<R>{std::move(pool_), std::move(job_), abandon_};
  }

 private:
  std::shared_ptr<pool_state> pool_;
  owned<thread_job> job_;
  bool abandon_;
};

}  // namespace weft::detail
