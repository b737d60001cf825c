#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <weft/core/detail/leaf.hpp>
#include <weft/sync/detail/described_wait.hpp>

namespace weft {

class lock;

namespace detail {

/// Stands in the line for a lock.
class lock_waiter : public leaf, public list_hook<lock_waiter> {
 protected:
  lock_waiter() = default;
  ~lock_waiter() = default;
};

class lock_leaf;
using lock_acquire = described_wait<lock_leaf, lock>;
class condition_leaf;

}  // namespace detail

/// Lets one task in at a time. asyncio.Lock.
///
/// Tasks get it in the order in which they asked: release() leaves the lock free and wakes the first in line, and
/// whoever asks before that one has run stands behind it. It has no owner: any task may release it, and a task that
/// asks for it twice waits for itself. Belongs to one loop; must outlive its waiters and guards.
class lock {
 public:
  class guard;

  lock() noexcept = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;

  /// Waits for the lock and gives a guard, which releases it when it goes out of scope. Does not suspend if the lock is
  /// free and nobody waits. A stop while waiting leaves the line; one that comes when this task is about to get the
  /// lock lets the next in line have it.
  [[nodiscard]] detail::lock_acquire acquire() noexcept { return detail::lock_acquire{*this}; }

  /// The lock if it is free and nobody waits, else nothing; never suspends.
  [[nodiscard]] std::optional<guard> try_acquire() noexcept;

  /// Releases the lock, whoever took it; for locks whose guard was detached. Throws std::logic_error if it is free.
  void release();

  /// True if somebody has the lock. False also while it is on its way to a waiter.
  bool locked() const noexcept { return locked_; }

 private:
  friend class detail::lock_leaf;
  friend class detail::condition_leaf;
  friend class condition;

  bool try_take() noexcept {
    if (locked_ || asking_ != 0) return false;
    locked_ = true;
    return true;
  }
  void give_up() noexcept {
    locked_ = false;
    if (!line_.empty()) wake_first();
  }
  /// Only the first: if that one is on its way to the lock or out of the line, its own step goes on from there.
  void wake_first() noexcept {
    if (!line_.empty() && line_.front()->waiting()) line_.front()->wake();
  }
  void join(detail::lock_waiter& waiter) noexcept {
    line_.push_back(waiter);
    ++asking_;
  }
  void leave(detail::lock_waiter& waiter) noexcept {
    line_.remove(waiter);
    --asking_;
  }

  detail::list<detail::lock_waiter> line_;  // those who were stopped, too, until their step
  std::uint32_t asking_ = 0;                // how many in the line have not been stopped
  bool locked_ = false;
};

/// The possession of a lock: ends with the guard. Move-only.
class [[nodiscard]] lock::guard {
 public:
  /// Holds nothing.
  guard() noexcept = default;
  guard(guard&& other) noexcept : lock_{std::exchange(other.lock_, nullptr)} {}
  guard& operator=(guard&& other) noexcept {
    if (this != &other) {
      drop();
      lock_ = std::exchange(other.lock_, nullptr);
    }
    return *this;
  }
  ~guard() { drop(); }

  /// Releases the lock now. Throws std::logic_error if the guard holds none, or if somebody else has released it.
  void unlock();
  /// Gives the lock out of hand without releasing it: somebody will call lock::release().
  void detach() noexcept { lock_ = nullptr; }
  bool owns_lock() const noexcept { return lock_ != nullptr; }
  explicit operator bool() const noexcept { return owns_lock(); }

 private:
  friend class lock;
  friend class condition;
  friend class detail::lock_leaf;
  friend class detail::condition_leaf;
  explicit guard(lock& held) noexcept : lock_{&held} {}
  void drop() noexcept {
    if (lock_ != nullptr && lock_->locked_) lock_->give_up();
  }

  lock* lock_ = nullptr;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class lock_leaf final : public lock_waiter {
 public:
  explicit lock_leaf(lock& wanted) noexcept : lock_{&wanted} {}
  bool await_ready() const noexcept { return lock_->try_take(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    lock_->join(*this);
    suspend(waiting.address());
  }
  lock::guard await_resume() const noexcept { return lock::guard{*lock_}; }

  void on_stop() noexcept override;
  void* run() noexcept override;
  const char* describe() const noexcept override { return "lock.acquire"; }

 private:
  void withdraw() noexcept override { lock_->leave(*this); }

  lock* lock_;
};

}  // namespace detail

inline std::optional<lock::guard> lock::try_acquire() noexcept {
  if (!try_take()) return std::nullopt;
  return guard{*this};
}

}  // namespace weft
