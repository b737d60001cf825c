#include <stdexcept>
#include <weft/sync/condition.hpp>

namespace weft {

void condition::notify(std::size_t n) {
  if (!locked()) throw std::logic_error{"condition.notify: the lock is not held"};
  wake(n);
}

void condition::wake(std::size_t n) noexcept {
  for (; n > 0 && !line_.empty(); --n) line_.pop_front().wake();
}

namespace detail {

void condition_leaf::check_guard() const {
  if (held_->lock_ != condition_->lock_ || !condition_->locked()) {
    throw std::logic_error{"condition.wait: the guard does not hold the condition's lock"};
  }
}

void condition_leaf::start(void* frame) noexcept {
  held_->lock_ = nullptr;
  condition_->lock_->give_up();
  condition_->line_.push_back(*this);
  suspend(frame);
}

void condition_leaf::on_stop() noexcept {
  // Once it stands in line for the lock it stays there: the stop goes on when the lock is held.
  if (!taking_lock_) leaf::on_stop();
}

void* condition_leaf::run() noexcept {
  scope& in = in_scope();
  lock& mutex = *condition_->lock_;
  if (taking_lock_) {
    mutex.leave(*this);
    mutex.locked_ = true;
    taking_lock_ = false;
  } else {
    notified_ = phase_ != phase::stopped;
    if (!mutex.try_take()) {
      taking_lock_ = true;
      phase_ = phase::waiting;
      mutex.join(*this);
      return nullptr;
    }
  }
  in.waiting_on = nullptr;
  in.loop->current = &in;
  held_->lock_ = &mutex;
  if (in.stop_requested) {
    if (notified_) condition_->wake(1);
    return unwind(frame_);
  }
  if (finished()) return frame_;
  start(frame_);
  return nullptr;
}

void condition_leaf::withdraw() noexcept {
  if (taking_lock_) {
    condition_->lock_->leave(*this);
  } else {
    condition_->line_.remove(*this);
  }
}

}  // namespace detail
}  // namespace weft
