#include <stdexcept>
#include <weft/core/detail/future_state.hpp>

namespace weft::detail {

bool future_state_base::cancel() noexcept {
  if (done()) return false;
  complete(status::cancelled, *loop_);
  return true;
}

std::exception_ptr future_state_base::exception() {
  if (!done()) throw_pending("the future has no outcome yet");
  if (status_ == status::cancelled) throw cancelled_error{};
  return error();
}

void future_state_base::check_open() const {
  if (done()) throw invalid_state_error{"the promise's future is done already"};
  if (this_thread_loop != loop_) {
    throw std::logic_error{"a promise can be completed only on its loop's thread, while the loop runs"};
  }
}

void future_state_base::check_value() {
  if (!done()) throw_pending("the future has no outcome yet");
  if (status_ == status::cancelled) throw cancelled_error{};
  if (status_ == status::error) std::rethrow_exception(error());
}

void future_state_base::set_exception(std::exception_ptr error) {
  if (!error) throw std::invalid_argument{"a promise's exception must not be null"};
  check_open();
  store_error(std::move(error));
  complete(status::error, *loop_);
}

void future_state_base::break_promise() noexcept {
  if (done()) return;
  store_error(std::make_exception_ptr(broken_promise_error{}));
  looked_at_ = true;  // whoever waits learns of it; nobody else needs to
  if (this_thread_loop == loop_) return complete(status::error, *loop_);
  status_ = status::error;
  while (!waiters_.empty()) waiters_.pop_front().dropped(*loop_);
}

void future_state_base::report_unseen() noexcept {
  if (status_ != status::error || looked_at_) return;
  constexpr const char* message = "Future exception was never retrieved";
  if (this_thread_loop == loop_) {
    loop_->report(message, stored_error());
  } else {
    report_to_stderr(message, stored_error(), {});
  }
}

}  // namespace weft::detail
