#include <stdexcept>
#include <utility>
#include <weft/core/context.hpp>
#include <weft/core/run.hpp>

#include "core/loop.hpp"

namespace weft {

class runner::state {
 public:
  explicit state(const run_options& options) : loop{options} {}
  detail::loop loop;
  context values = context::copy();
};

runner::runner(run_options options) : state_{detail::make_owned<state>(options)} {}

runner::~runner() { close(); }

void runner::close() {
  if (!state_) return;
  state_->loop.end_tasks();
  state_.reset();
}

loop_handle runner::get_loop() const {
  if (!state_) throw std::logic_error{"the runner is closed"};
  return loop_handle{state_->loop.shared};
}

void runner::check_can_run() const {
  if (!state_) throw std::logic_error{"the runner is closed"};
  if (detail::this_thread_loop != nullptr) {
    throw std::logic_error{"run cannot be called while a loop runs on this thread: co_await the task instead"};
  }
}

detail::event_loop& runner::loop() const noexcept { return state_->loop; }
detail::event_loop& detail::loop_of(const runner& owner) noexcept { return owner.loop(); }
detail::task_owner& runner::main_owner() const noexcept { return state_->loop.roots; }

const context& runner::values() const noexcept { return state_->values; }

void runner::drive(detail::running_task& main) { state_->loop.run_until_done(main); }

void runner::throw_if_stopped(const detail::running_task& ended) const {
  if (ended.state() != detail::completion::status::cancelled) return;
  if (state_->loop.stopped_by_signal != 0) throw interrupted{state_->loop.stopped_by_signal};
  throw cancelled_error{"the main task was cancelled"};
}

}  // namespace weft
