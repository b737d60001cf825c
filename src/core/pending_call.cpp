#include <weft/core/detail/pending_call.hpp>

namespace weft::detail {

void pending_call::start() { loop_->arm(*this, when_); }

void pending_call::cancel() noexcept {
  if (cancelled_) return;
  if (armed()) {
    cancelled_ = true;
    drop_function();  // may drop handles; armed, this outlives them
    loop_->disarm(*this);
    if (handles_ == 0) delete this;
  } else if (queued_) {
    cancelled_ = true;
    drop_function();
  }
}

void pending_call::fired() noexcept {
  ++handles_;  // those that there are may go meanwhile
  if (!cancelled_) {
    call();
    drop_function();
  }
  drop_handle();
}

void pending_call::dropped() noexcept {
  ++handles_;
  drop_function();
  drop_handle();
}

void pending_call::call() noexcept {
  loop_->current = nullptr;
  const context_override registered{&context_};
  try {
    call_function();
  } catch (...) {
    loop_->report("Exception in callback", std::current_exception());
  }
}

}  // namespace weft::detail
