#pragma once

#include <cstdint>
#include <vector>

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
/// A disarmed timer only leaves a dead entry behind; when half of the entries are dead, the heap is built anew without
/// them. So disarming costs no walk through the heap, and most timers (timeouts) are disarmed.
class timer_heap {
 public:
  bool empty() noexcept {
    drop_dead_front();
    return entries_.empty();
  }
  // These three want a timer to be there.
  std::int64_t first_deadline() noexcept {
    drop_dead_front();
    return entries_.front().deadline;
  }
  /// The first one was armed before next_number() was `number`, of late.
  bool first_was_armed_before(std::uint64_t number) noexcept {
    drop_dead_front();
    const auto behind_newest = static_cast<std::uint32_t>(next_number_ - 1) - entries_.front().owner->number_;
    return behind_newest >= next_number_ - number;
  }
  /// Removes the first timer and returns it.
  timer& pop() noexcept;

  /// The number that the next armed timer gets; grows with each.
  std::uint64_t next_number() const noexcept { return next_number_; }

  void arm(timer& t, std::int64_t deadline) {
    t.number_ = static_cast<std::uint32_t>(next_number_++);
    entries_.push_back({});
    sift_up(entries_.size() - 1, {deadline, &t});
  }
  void disarm(timer& t) noexcept {
    const std::size_t slot = t.slot_;
    t.slot_ = timer::idle;
    if (slot + 1 == entries_.size()) {
      entries_.pop_back();
    } else {
      entries_[slot].owner = nullptr;
      if (++dead_ * 2 > entries_.size()) rebuild();
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
  void sift_up(std::size_t slot, entry moving) noexcept {
    while (slot > 0) {
      const std::size_t parent = (slot - 1) / 4;
      if (!moving.before(entries_[parent])) break;
      place(slot, entries_[parent]);
      slot = parent;
    }
    place(slot, moving);
  }
  void place(std::size_t slot, const entry& e) noexcept {
    entries_[slot] = e;
    if (e.owner != nullptr) e.owner->slot_ = static_cast<std::uint32_t>(slot);
  }
  void drop_dead_front() noexcept {
    while (!entries_.empty() && entries_.front().owner == nullptr) {
      --dead_;
      remove_front();
    }
  }
  void sift_down(std::size_t slot, entry moving) noexcept;
  void remove_front() noexcept;
  void rebuild() noexcept;

  std::vector<entry> entries_;
  std::uint64_t next_number_ = 0;
  std::size_t dead_ = 0;
};

}  // namespace weft::detail
