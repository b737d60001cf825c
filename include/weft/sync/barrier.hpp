#pragma once

#include <cstddef>
#include <cstdint>
#include <weft/core/errors.hpp>
#include <weft/sync/detail/described_wait.hpp>
#include <weft/sync/detail/line_leaf.hpp>

namespace weft {

class barrier;

namespace detail {
class barrier_leaf;
using barrier_wait = described_wait<barrier_leaf, barrier>;
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
  [[nodiscard]] detail::barrier_wait wait() noexcept { return detail::barrier_wait{*this}; }

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
  friend class detail::line_leaf<barrier>;
  enum class state : std::uint8_t { filling, draining, resetting, broken };

  void wake(std::size_t n) noexcept;
  void wake_all() noexcept;
  void leave() noexcept;
  bool closed() const noexcept { return state_ == state::draining || state_ == state::resetting; }

  std::size_t parties_;
  std::size_t inside_ = 0;  // arrived in this round and not gone on yet
  state state_ = state::filling;
  detail::list<detail::line_leaf<barrier>> line_;  // those inside, and those who wait for the round to end
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class barrier_leaf final : public line_leaf<barrier> {
 public:
  using line_leaf::line_leaf;
  bool await_ready() noexcept { return !source_->closed() && arrive(); }
  std::size_t await_resume() const {
    if (broken_) throw broken_barrier_error{};
    return index_;
  }

  void* run() noexcept override;
  const char* describe() const noexcept override { return "barrier.wait"; }

 private:
  /// Takes part in the round; true if there is nothing to wait for.
  bool arrive() noexcept;
  void abandon() noexcept override;

  std::size_t index_ = 0;
  bool inside_ = false;
  bool broken_ = false;
};

}  // namespace detail
}  // namespace weft
