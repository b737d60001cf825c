#pragma once

#include <cstdint>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>

namespace weft::detail {

class completion;

/// Wants to know when a completion is done. It is told inside the step that completes it, and must only make something
/// ready then.
class completion_waiter : public list_hook<completion_waiter> {
 public:
  /// @param home the loop of both.
  virtual void completed(event_loop& home) noexcept = 0;
  /// It is done, but perhaps because its loop has ended: only those whose task still lives may make something ready.
  virtual void dropped(event_loop& home) noexcept { completed(home); }
  /// What waits in a coroutine, if that is what this is; for debugging aids.
  virtual leaf* waiting_leaf() noexcept { return nullptr; }

 protected:
  ~completion_waiter() = default;
};

/// Something that ends once, and that any number of tasks may wait for: a running task or a future.
class completion {
 public:
  enum class status : std::uint8_t { pending, value, error, cancelled };

  bool done() const noexcept { return status_ != status::pending; }
  status state() const noexcept { return status_; }

  void add(completion_waiter& waiter) noexcept { waiters_.push_back(waiter); }
  void remove(completion_waiter& waiter) noexcept { waiters_.remove(waiter); }

  /// Asks it to end; false if it has ended. For a task a stop; a future is cancelled at once.
  virtual bool cancel() noexcept = 0;
  /// The exception it ended with; null if it has none. Counts as having looked at it.
  virtual std::exception_ptr error() noexcept = 0;

  virtual event_loop& home() const noexcept = 0;

  template <class F>
  void for_each_waiter(F&& f) {
    for (completion_waiter* w = waiters_.front(); w != nullptr; w = list<completion_waiter>::after(*w)) f(*w);
  }

 protected:
  completion() = default;
  ~completion() = default;

  /// Tells the waiters, in the order in which they came.
  void complete(status how, event_loop& home) noexcept {
    status_ = how;
    while (!waiters_.empty()) waiters_.pop_front().completed(home);
  }

  list<completion_waiter> waiters_;
  status status_ = status::pending;
  bool looked_at_ = false;  // somebody has taken notice of how it ended
};

/// Waits for a completion.
class completion_leaf : public leaf, public completion_waiter {
 public:
  void completed(event_loop& home) noexcept override { wake_on(home); }
  leaf* waiting_leaf() noexcept override { return this; }

 protected:
  explicit completion_leaf(completion& awaited) noexcept : awaited_{&awaited} {}
  ~completion_leaf() = default;
  void wait(void* frame) noexcept {
    awaited_->add(*this);
    suspend(frame);
  }
  void withdraw() noexcept override { awaited_->remove(*this); }

  completion* awaited_;
};

/// Waits for a task: a stop goes down to it first, and goes on when it has ended; its error wins then.
class join_leaf : public completion_leaf {
 public:
  void on_stop() noexcept override;
  void* run() noexcept override;
  const char* describe() const noexcept override { return "co_await task"; }

 protected:
  using completion_leaf::completion_leaf;
  ~join_leaf() = default;

 private:
  bool stop_passed_down_ = false;
};

/// One that needs no more than that.
class task_join final : public join_leaf {
 public:
  explicit task_join(completion& awaited) noexcept : join_leaf{awaited} {}
  using join_leaf::wait;
};

/// Why `awaited`, whose loop is not the awaiting one or which is the awaiting task itself, cannot be awaited.
[[noreturn]] void throw_may_not_await(const completion& awaited, const scope& in);

}  // namespace weft::detail
