#include <algorithm>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <weft/core/detail/timer.hpp>

namespace weft::detail {

timer_heap::~timer_heap() { std::free(entries_); }

/// By realloc, which moves a large heap by changing the page tables instead of copying it.
void timer_heap::grow_and_arm(timer& t, std::int64_t deadline) {
  static_assert(std::is_trivially_copyable_v<entry>);
  constexpr std::uint32_t most = timer::idle;
  if (capacity_ == most) throw std::bad_alloc{};
  const std::uint32_t capacity = capacity_ > most / 2 ? most : std::max<std::uint32_t>(16, capacity_ * 2);
  void* const memory = std::realloc(entries_, capacity * sizeof(entry));
  if (memory == nullptr) throw std::bad_alloc{};
  entries_ = static_cast<entry*>(memory);
  capacity_ = capacity;
  arm(t, deadline);
}

void timer_heap::sift_up(std::uint32_t slot) noexcept {
  const entry moving = entries_[slot];
  while (slot > 0) {
    const std::uint32_t parent = parent_of(slot);
    if (!moving.before(entries_[parent])) break;
    place(slot, entries_[parent]);
    slot = parent;
  }
  place(slot, moving);
}

void timer_heap::sift_down(std::uint32_t slot, entry moving) noexcept {
  for (;;) {
    const std::uint64_t first_child = std::uint64_t{slot} * 4 + 1;
    if (first_child >= size_) break;
    auto smallest = static_cast<std::uint32_t>(first_child);
    const auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(first_child + 4, size_));
    for (std::uint32_t child = smallest + 1; child < end; ++child) {
      if (entries_[child].before(entries_[smallest])) smallest = child;
    }
    if (!entries_[smallest].before(moving)) break;
    place(slot, entries_[smallest]);
    slot = smallest;
  }
  place(slot, moving);
}

void timer_heap::remove_front() noexcept {
  const entry last = entries_[--size_];
  if (size_ != 0) sift_down(0, last);
}

timer& timer_heap::pop() noexcept {
  drop_dead_front();
  timer& first = *entries_[0].owner;
  first.slot_ = timer::idle;
  remove_front();
  return first;
}

void timer_heap::rebuild() noexcept {
  std::uint32_t kept = 0;
  for (std::uint32_t slot = 0; slot < size_; ++slot) {
    if (entries_[slot].owner != nullptr) place(kept++, entries_[slot]);
  }
  size_ = kept;
  dead_ = 0;
  for (std::uint32_t slot = kept / 4 + 1; slot-- > 0;) {
    if (slot < kept) sift_down(slot, entries_[slot]);
  }
}

}  // namespace weft::detail
