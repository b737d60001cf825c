#pragma once

#include <cstdint>
#include <vector>

namespace weft::detail {

/// Something with a deadline. Lives where its user lives; the heap knows its address, so it must be disarmed before it
/// is destroyed.
class timer {
 public:
  /// The deadline has come; the timer is disarmed already. Runs behind the callbacks that were ready in this round.
  virtual void fired() noexcept = 0;

  /// The loop ends, and the timer with it; it is disarmed already.
  virtual void dropped() noexcept {}

  bool armed() const noexcept { return slot_ != idle; }

 protected:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer() = default;

 private:
  friend class timer_heap;
  static constexpr std::uint32_t idle = ~std::uint32_t{0};
  std::uint32_t slot_ = idle;
};

/// Timers by deadline, equal deadlines in the order in which they were armed. A heap of four children a node: half the
/// levels of a binary one, and the four lie together.
class timer_heap {
 public:
  bool empty() const noexcept { return entries_.empty(); }
  std::int64_t first_deadline() const noexcept { return entries_.front().deadline; }
  std::uint64_t first_number() const noexcept { return entries_.front().number; }
  /// The number that the next armed timer gets; grows with each.
  std::uint64_t next_number() const noexcept { return next_number_; }

  void arm(timer& t, std::int64_t deadline);
  void disarm(timer& t) noexcept;
  /// Removes the first timer and returns it.
  timer& pop() noexcept;

 private:
  struct entry {
    std::int64_t deadline;
    std::uint64_t number;
    timer* owner;
    bool before(const entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : number < other.number;
    }
  };
  void sift_up(std::size_t slot, entry moving) noexcept;
  void sift_down(std::size_t slot, entry moving) noexcept;
  void remove(std::size_t slot) noexcept;
  void place(std::size_t slot, const entry& e) noexcept {
    entries_[slot] = e;
    e.owner->slot_ = static_cast<std::uint32_t>(slot);
  }

  std::vector<entry> entries_;
  std::uint64_t next_number_ = 0;
};

// ---- implementation ------------------------------------------------------------------------------------------------

inline void timer_heap::sift_up(std::size_t slot, entry moving) noexcept {
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 4;
    if (!moving.before(entries_[parent])) break;
    place(slot, entries_[parent]);
    slot = parent;
  }
  place(slot, moving);
}

inline void timer_heap::arm(timer& t, std::int64_t deadline) {
  entries_.push_back({});
  sift_up(entries_.size() - 1, {deadline, next_number_++, &t});
}

inline void timer_heap::disarm(timer& t) noexcept {
  const std::size_t slot = t.slot_;
  t.slot_ = timer::idle;
  remove(slot);
}

inline void timer_heap::remove(std::size_t slot) noexcept {
  const entry last = entries_.back();
  entries_.pop_back();
  if (slot == entries_.size()) return;
  if (slot > 0 && last.before(entries_[(slot - 1) / 4])) {
    sift_up(slot, last);
  } else {
    sift_down(slot, last);
  }
}

inline timer& timer_heap::pop() noexcept {
  timer& first = *entries_.front().owner;
  first.slot_ = timer::idle;
  remove(0);
  return first;
}

}  // namespace weft::detail
