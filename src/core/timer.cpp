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

}  // namespace weft::detail
