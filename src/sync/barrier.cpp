#include <limits>
#include <stdexcept>
#include <weft/sync/barrier.hpp>

namespace weft {

broken_barrier_error::broken_barrier_error() : error{"the barrier is broken"} {}

barrier::barrier(std::size_t parties) : parties_{parties} {
  if (parties == 0) throw std::invalid_argument{"barrier: the number of parties must be at least 1"};
}

void barrier::wake(std::size_t n) noexcept {
  for (; n > 0 && !line_.empty(); --n) line_.pop_front().wake();
}

void barrier::wake_all() noexcept { wake(std::numeric_limits<std::size_t>::max()); }

void barrier::leave() noexcept {
  if (--inside_ != 0) return;
  if (closed()) state_ = state::filling;
  wake_all();
}

void barrier::abort() noexcept {
  state_ = state::broken;
  wake_all();
}

void barrier::reset() noexcept {
  state_ = inside_ > 0 ? state::resetting : state::filling;
  wake_all();
}

namespace detail {

bool barrier_leaf::arrive() noexcept {
  if (source_->broken()) {
    broken_ = true;
    return true;
  }
  index_ = source_->inside_++;
  if (index_ + 1 == source_->parties_) {
    source_->state_ = barrier::state::draining;
    source_->wake_all();
    source_->leave();
    return true;
  }
  inside_ = true;
  return false;
}

void* barrier_leaf::run() noexcept {
  if (phase_ != phase::woken) return leaf::run();
  bool done = false;
  if (inside_) {
    done = source_->state_ != barrier::state::filling;
    if (done) {
      broken_ = source_->state_ != barrier::state::draining;
      source_->leave();
    }
  } else {
    done = !source_->closed() && arrive();
  }
  if (done) return leaf::run();
  enter_line(frame_);
  return nullptr;
}

void barrier_leaf::abandon() noexcept {
  // A wake-up may have been meant for somebody else: pass it on.
  if (phase_ == phase::stopped_when_woken) source_->wake(1);
  if (inside_) source_->leave();
}

}  // namespace detail
}  // namespace weft
