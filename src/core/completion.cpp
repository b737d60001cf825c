#include <stdexcept>
#include <weft/core/detail/completion.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

void join_leaf::on_stop() noexcept {
  if (phase_ == phase::woken) {
    phase_ = phase::stopped_when_woken;
  } else if (phase_ == phase::waiting && !stop_passed_down_) {
    stop_passed_down_ = true;
    awaited_->cancel();
  }
}

void* join_leaf::run() noexcept {
  if (!stop_passed_down_) return completion_leaf::run();
  scope& in = in_scope();
  in.waiting_on = nullptr;
  in.loop->current = &in;
  // The stop waited for the other task's end; only that task's error stands above it.
  return awaited_->state() == completion::status::error ? frame_ : unwind(frame_);
}

void throw_may_not_await(const completion& awaited, const scope& in) {
  if (in.loop != &awaited.home()) throw std::logic_error{"a task or future can only be awaited on its own loop"};
  throw std::logic_error{"a task cannot await itself"};
}

}  // namespace weft::detail
