#include <stdexcept>
#include <weft/patterns/hedge.hpp>

namespace weft::detail {

void check(const hedge_options& options) {
  if (options.delay.count() < 0) throw std::invalid_argument{"hedge: delay is negative"};
  if (options.max_attempts < 1) throw std::invalid_argument{"hedge: max_attempts must be at least 1"};
}

void hedged_tasks::child_done(running_task& child) noexcept {
  child.look_at();
  const bool succeeded = child.state() == completion::status::value;
  any_task_handle& kept = succeeded ? winner_ : failure_;
  if (winner_.running() == nullptr) {
    child.retain();
    kept = any_task_handle{&child};
    if (succeeded) cancel_children();
  }
  if (waiting_ != nullptr) waiting_->ended(!succeeded);
}

void hedged_tasks::next_leaf::wait(void* frame) {
  tasks_->waiting_ = this;
  event_loop& in = *promise_of(frame).in_scope->loop;
  if (!last_) in.arm(*this, deadline_after(in.now(), delay_));
  suspend(frame);
}

void hedged_tasks::next_leaf::on_stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  if (armed()) loop().disarm(*this);
  tasks_->cancel_children();
}

/// The time for the next attempt has come.
void hedged_tasks::next_leaf::fired() noexcept {
  if (waiting()) wake();
}

void hedged_tasks::next_leaf::ended(bool failed) noexcept {
  if (!waiting()) return;
  const bool next_attempt = failed && !last_ && !stopped_ && tasks_->winner() == nullptr;
  if (!next_attempt && tasks_->has_children()) return;
  if (armed()) loop().disarm(*this);
  wake();
}

void* hedged_tasks::next_leaf::run() noexcept {
  // Much may have happened since it was woken.
  const bool to_the_end = stopped_ || last_ || tasks_->winner() != nullptr;
  if (to_the_end && tasks_->has_children()) {
    phase_ = phase::waiting;
    return nullptr;
  }
  if (stopped_) phase_ = phase::stopped_when_woken;
  return leaf::run();
}

}  // namespace weft::detail
