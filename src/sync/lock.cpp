#include <stdexcept>
#include <weft/sync/lock.hpp>

namespace weft {

void lock::release() {
  if (!locked_) throw std::logic_error{"lock.release: the lock is not locked"};
  give_up();
}

void lock::guard::unlock() {
  if (lock_ == nullptr) throw std::logic_error{"lock::guard.unlock: the guard holds no lock"};
  std::exchange(lock_, nullptr)->release();
}

namespace detail {

void lock_leaf::on_stop() noexcept {
  if (phase_ == phase::woken) phase_ = phase::stopped_when_woken;
  if (phase_ != phase::waiting) return;
  // It keeps its place until its step, so that a release meanwhile wakes nobody out of turn.
  phase_ = phase::stopped;
  --lock_->asking_;
  loop().push(*this);
}

void* lock_leaf::run() noexcept {
  scope& in = in_scope();
  in.waiting_on = nullptr;
  in.loop->current = &in;
  if (phase_ == phase::stopped) ++lock_->asking_;
  lock_->leave(*this);
  if (phase_ == phase::woken) {
    lock_->locked_ = true;
    return frame_;
  }
  if (!lock_->locked_) lock_->wake_first();
  return unwind(frame_);
}

}  // namespace detail
}  // namespace weft
