#pragma once

#include <cstddef>
#include <cstdint>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/errors.hpp>

namespace weft {

namespace detail {
class barrier_leaf;
class barrier_wait;
}  // namespace detail

/// A barrier was aborted or reset while a task waited at it. asyncio.BrokenBarrierError.
class broken_barrier_error : public error {
 public:
  broken_barrier_error();
};

/// Holds tasks up until a number of them have arrived, then lets them all go; and again. asyncio.Barrier.
/// Belongs to one loop; must outlive its waiters.
class barrier {
 public:
  /// @param parties how many tasks pass together. Throws std::invalid_argument for 0.
  explicit barrier(std::size_t parties);
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;

  /// Waits until all parties have arrived; gives the number of this one, by arrival, from 0. The last to arrive does
  /// not suspend, and goes on before the others. Who arrives before all of the previous round have left waits for that
  /// first. Throws broken_barrier_error. A stop while waiting leaves: one more must arrive then; one that comes when
  /// the round is complete does not hold up the others.
  [[nodiscard]] detail::barrier_wait wait() noexcept;

  /// Breaks the barrier: those who wait and those who come later get broken_barrier_error, until reset().
  void abort() noexcept;
  /// Makes it as new; those who wait get broken_barrier_error.
  void reset() noexcept;

  std::size_t parties() const noexcept { return parties_; }
  /// How many wait for others to arrive.
  std::size_t n_waiting() const noexcept { return state_ == state::filling ? inside_ : 0; }
  /// It was aborted.
  bool broken() const noexcept { return state_ == state::broken; }

 private:
  friend class detail::barrier_leaf;
  enum class state : std::uint8_t { filling, draining, resetting, broken };

  void wake(std::size_t n) noexcept;
  void wake_all() noexcept;
  void leave() noexcept;
  bool closed() const noexcept { return state_ == state::draining || state_ == state::resetting; }

  std::size_t parties_;
  std::size_t inside_ = 0;  // arrived in this round and not gone on yet
  state state_ = state::filling;
  detail::list<detail::barrier_leaf> line_;  // those inside, and those who wait for the round to end
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class barrier_leaf final : public leaf, public list_hook<barrier_leaf> {
 public:
  explicit barrier_leaf(barrier& awaited) noexcept : barrier_{&awaited} {}
  bool await_ready() noexcept { return !barrier_->closed() && arrive(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    wait(waiting.address());
  }
  std::size_t await_resume() const {
    if (broken_) throw broken_barrier_error{};
    return index_;
  }

  void* run() noexcept override;
  const char* describe() const noexcept override { return "barrier.wait"; }

 private:
  /// Takes part in the round; true if there is nothing to wait for.
  bool arrive() noexcept;
  void wait(void* frame) noexcept {
    barrier_->line_.push_back(*this);
    suspend(frame);
  }
  void withdraw() noexcept override { barrier_->line_.remove(*this); }
  void abandon() noexcept override;

  barrier* barrier_;
  std::size_t index_ = 0;
  bool inside_ = false;
  bool broken_ = false;
};

/// What barrier::wait gives: a description, so that it can be passed on before it is awaited.
class [[nodiscard("wait does nothing until it is awaited")]] barrier_wait {
 public:
  explicit barrier_wait(barrier& awaited) noexcept : barrier_{&awaited} {}
  barrier_leaf operator co_await() const noexcept { return barrier_leaf{*barrier_}; }

 private:
  barrier* barrier_;
};

}  // namespace detail

inline detail::barrier_wait barrier::wait() noexcept { return detail::barrier_wait{*this}; }

}  // namespace weft
