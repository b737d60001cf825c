#include <algorithm>
#include <weft/core/detail/timer.hpp>

namespace weft::detail {

void timer_heap::sift_down(std::size_t slot, entry moving) noexcept {
  const std::size_t size = entries_.size();
  for (;;) {
    const std::size_t first_child = slot * 4 + 1;
    if (first_child >= size) break;
    std::size_t smallest = first_child;
    const std::size_t end = std::min(first_child + 4, size);
    for (std::size_t child = first_child + 1; child < end; ++child) {
      if (entries_[child].before(entries_[smallest])) smallest = child;
    }
    if (!entries_[smallest].before(moving)) break;
    place(slot, entries_[smallest]);
    slot = smallest;
  }
  place(slot, moving);
}

void timer_heap::remove_front() noexcept {
  const entry last = entries_.back();
  entries_.pop_back();
  if (!entries_.empty()) sift_down(0, last);
}

timer& timer_heap::pop() noexcept {
  drop_dead_front();
  timer& first = *entries_.front().owner;
  first.slot_ = timer::idle;
  remove_front();
  return first;
}

void timer_heap::rebuild() noexcept {
  std::size_t kept = 0;
  for (const entry& e : entries_) {
    if (e.owner != nullptr) place(kept++, e);
  }
  entries_.resize(kept);
  dead_ = 0;
  for (std::size_t slot = kept / 4 + 1; slot-- > 0;) {
    if (slot < kept) sift_down(slot, entries_[slot]);
  }
}

}  // namespace weft::detail
