#pragma once

#include <cstdint>

namespace weft::detail {

/// Something with a deadline. Lives where its user lives; the heap knows its address, so it must be disarmed before it
/// is destroyed.
class timer {
 public:
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// The deadline has come; the timer is disarmed already. Runs behind the callbacks that were ready in this round.
  virtual void fired() noexcept = 0;

  /// The loop ends, and the timer with it; it is disarmed already.
  virtual void dropped() noexcept {}

  bool armed() const noexcept { return slot_ != idle; }

 protected:
  timer() = default;
  ~timer() = default;

 private:
  friend class timer_heap;
  static constexpr std::uint32_t idle = ~std::uint32_t{0};
  std::uint32_t slot_ = idle;
  std::uint32_t number_ = 0;  // of the arming, the lower half
};

/// Timers by deadline, equal deadlines in the order in which they were armed. A heap of four children a node: half the
/// levels of a binary one, and the four lie in 64 bytes. What tells equal deadlines apart lies in the timers, where it
/// is seldom asked for.
///
/// A disarmed timer only leaves a dead entry behind; when three quarters of the entries are dead, the heap is built
/// anew without them. So disarming costs no walk through the heap, and most timers (timeouts) are disarmed.
class timer_heap {
 public:
  timer_heap() noexcept = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;
  ~timer_heap();

  bool empty() noexcept {
    drop_dead_front();
    return size_ == 0;
  }
  // These three want a timer to be there.
  std::int64_t first_deadline() noexcept {
    drop_dead_front();
    return entries_[0].deadline;
  }
  /// The first one was armed before next_number() was `number`, of late.
  bool first_was_armed_before(std::uint64_t number) noexcept {
    drop_dead_front();
    const auto behind_newest = static_cast<std::uint32_t>(next_number_ - 1) - entries_[0].owner->number_;
    return behind_newest >= next_number_ - number;
  }
  /// Removes the first timer and returns it.
  timer& pop() noexcept;

  /// The number that the next armed timer gets; grows with each.
  std::uint64_t next_number() const noexcept { return next_number_; }

  /// Throws std::bad_alloc.
  void arm(timer& t, std::int64_t deadline) {
    if (size_ == capacity_) [[unlikely]]
      return grow_and_arm(t, deadline);
    const std::uint32_t slot = size_++;
    t.number_ = static_cast<std::uint32_t>(next_number_++);
    t.slot_ = slot;
    entries_[slot].deadline = deadline;
    entries_[slot].owner = &t;
    if (slot != 0 && entries_[parent_of(slot)].deadline >= deadline) sift_up(slot);
  }
  void disarm(timer& t) noexcept {
    const std::uint32_t slot = t.slot_;
    t.slot_ = timer::idle;
    if (slot + 1 == size_) {
      --size_;
    } else {
      entries_[slot].owner = nullptr;
      if (std::uint64_t{++dead_} * 4 > std::uint64_t{size_} * 3) rebuild();
    }
  }

 private:
  struct entry {
    std::int64_t deadline;
    timer* owner;  // null: dead
    bool before(const entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : wins_tie(other);
    }
    // Numbers begin anew after four thousand millions: the later one is less than half of that ahead. The dead come
    // first, so that those below them are in order among themselves.
    bool wins_tie(const entry& other) const noexcept {
      if (owner == nullptr || other.owner == nullptr) return other.owner != nullptr;
      return static_cast<std::int32_t>(owner->number_ - other.owner->number_) < 0;
    }
  };
  static constexpr std::uint32_t parent_of(std::uint32_t slot) noexcept { return (slot - 1) / 4; }
  void place(std::uint32_t slot, const entry& e) noexcept {
    entries_[slot] = e;
    if (e.owner != nullptr) e.owner->slot_ = slot;
  }
  void drop_dead_front() noexcept {
    while (size_ != 0 && entries_[0].owner == nullptr) {
      --dead_;
      remove_front();
    }
  }
  void grow_and_arm(timer& t, std::int64_t deadline);
  void sift_up(std::uint32_t slot) noexcept;
  void sift_down(std::uint32_t slot, entry moving) noexcept;
  void remove_front() noexcept;
  void rebuild() noexcept;

  entry* entries_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t dead_ = 0;
  std::uint64_t next_number_ = 0;
};

}  // namespace weft::detail
