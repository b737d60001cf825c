#include <stdexcept>
#include <weft/sync/semaphore.hpp>

namespace weft {

semaphore::semaphore(std::size_t permits, std::size_t limit) : free_{permits}, limit_{limit} {
  if (permits > std::numeric_limits<std::size_t>::max() / 2) {
    throw std::invalid_argument{"semaphore: the number of permits is negative"};
  }
}

void semaphore::wake_next() noexcept {
  --free_;
  ++granted_;
  line_.pop_front().wake();
}

void bounded_semaphore::release() {
  if (at_limit()) throw std::logic_error{"bounded_semaphore.release: released too often"};
  semaphore::release();
}

namespace detail {

void* semaphore_leaf::run() noexcept {
  scope& in = in_scope();
  in.waiting_on = nullptr;
  in.loop->current = &in;
  if (phase_ != phase::stopped) --source_->granted_;
  if (phase_ == phase::stopped_when_woken) ++source_->free_;
  // Those who came while permits were free had to wait for this step, lest they overtake.
  while (source_->free_ > 0 && !source_->line_.empty()) source_->wake_next();
  return phase_ == phase::woken ? frame_ : unwind(frame_);
}

}  // namespace detail
}  // namespace weft
