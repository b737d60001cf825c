#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <weft/sync/lock.hpp>

namespace weft {

namespace detail {
class condition_wait;
template <class F>
class condition_wait_until;
}  // namespace detail

/// Lets tasks that hold a lock wait until others tell them that something has changed. asyncio.Condition.
///
/// Has a lock of its own, or shares one with other conditions. Whoever waits does so with the guard of that lock, which
/// is given up meanwhile. Belongs to one loop; must outlive its waiters.
class condition {
 public:
  condition() noexcept : lock_{&own_} {}
  /// Over a lock, which must outlive the condition.
  explicit condition(lock& shared) noexcept : lock_{&shared} {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;

  /// Waits for the lock; see lock::acquire.
  [[nodiscard]] detail::lock_acquire acquire() noexcept { return lock_->acquire(); }
  /// See lock::release.
  void release() { lock_->release(); }
  bool locked() const noexcept { return lock_->locked(); }

  /// Gives up the lock, waits to be notified, and takes the lock again. Wake-ups without a cause are allowed: test what
  /// you wait for, or give it as a predicate.
  /// However it ends, `held` owns the lock again: a stop first waits for the lock, out of reach of further stops, and
  /// if a notification had come already, that goes to the next who waits. Throws std::logic_error if `held` does not
  /// hold this condition's lock. `held` must live, and stay where it is, until the end.
  [[nodiscard]] detail::condition_wait wait(lock::guard& held) noexcept;

  /// Waits until `done()` gives something true, and gives that. It is called with the lock held: at once, without
  /// waiting if it is true then, and after each notification. Its exceptions come out, with the lock held.
  /// asyncio.Condition.wait_for.
  template <std::invocable F>
  [[nodiscard]] auto wait(lock::guard& held, F&& done);

  /// Wakes the task that has waited longest, or nobody; it goes on when it has got the lock. Throws std::logic_error if
  /// nobody holds the lock.
  void notify_one() { notify(1); }
  /// The same for the `n` that have waited longest.
  void notify(std::size_t n = 1);
  /// The same for all.
  void notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

 private:
  friend class detail::condition_leaf;
  void wake(std::size_t n) noexcept;

  lock own_;
  lock* lock_;
  detail::list<detail::lock_waiter> line_;  // those not notified yet
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

/// Waits in the condition's line, then in the lock's.
class condition_leaf : public lock_waiter {
 public:
  condition_leaf(condition& awaited, lock::guard& held) noexcept : condition_{&awaited}, held_{&held} {}
  bool await_ready() const {
    check_guard();
    return false;
  }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    start(waiting.address());
  }
  void await_resume() const noexcept {}

  void on_stop() noexcept override;
  void* run() noexcept override;
  const void* served_in() const noexcept override { return condition_; }
  const char* describe() const noexcept override { return taking_lock_ ? "condition.wait (lock)" : "condition.wait"; }

 protected:
  /// Called with the lock held; false: wait for the next notification.
  virtual bool finished() noexcept { return true; }
  void check_guard() const;
  void start(void* frame) noexcept;

 private:
  void withdraw() noexcept override;

  condition* condition_;
  lock::guard* held_;  // holds nothing while this waits
  bool taking_lock_ = false;
  bool notified_ = false;
};

template <class F>
class condition_until_leaf final : public condition_leaf {
 public:
  using value = std::decay_t<std::invoke_result_t<F&>>;

  condition_until_leaf(condition& awaited, lock::guard& held, F done)
      : condition_leaf{awaited, held}, done_{std::move(done)} {}
  bool await_ready() {
    check_guard();
    return test();
  }
  value await_resume() {
    if (error_) std::rethrow_exception(std::move(error_));
    return *std::move(value_);
  }
  bool finished() noexcept override {
    try {
      return test();
    } catch (...) {
      error_ = std::current_exception();
      return true;
    }
  }

 private:
  bool test() {
    value_.emplace(done_());
    return static_cast<bool>(*value_);
  }

  F done_;
  std::optional<value> value_;
  std::exception_ptr error_;
};

/// What condition::wait gives: a description, so that it can be passed on before it is awaited.
class [[nodiscard("wait does nothing until it is awaited")]] condition_wait {
 public:
  condition_wait(condition& awaited, lock::guard& held) noexcept : condition_{&awaited}, held_{&held} {}
  condition_leaf operator co_await() const noexcept { return condition_leaf{*condition_, *held_}; }

 private:
  condition* condition_;
  lock::guard* held_;
};

template <class F>
class [[nodiscard("wait does nothing until it is awaited")]] condition_wait_until {
 public:
  condition_wait_until(condition& awaited, lock::guard& held, F done)
      : condition_{&awaited}, held_{&held}, done_{std::move(done)} {}
  condition_until_leaf<F> operator co_await() && {
    return condition_until_leaf<F>{*condition_, *held_, std::move(done_)};
  }

 private:
  condition* condition_;
  lock::guard* held_;
  F done_;
};

}  // namespace detail

inline detail::condition_wait condition::wait(lock::guard& held) noexcept { return {*this, held}; }

template <std::invocable F>
auto condition::wait(lock::guard& held, F&& done) {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  static_assert(
      std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::decay_t<F>>,
      "g++ 12 destroys a temporary callable with such captures twice: capture by reference, or give it a name "
      "and pass that");
#endif
  return detail::condition_wait_until<std::decay_t<F>>{*this, held, std::forward<F>(done)};
}

}  // namespace weft
