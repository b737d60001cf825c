#include <stdexcept>
#include <utility>
#include <weft/core/task_group.hpp>

namespace weft {
namespace detail {

void group_tasks::child_done(running_task& child) noexcept {
  if (!has_children() && waiting != nullptr && waiting->waiting()) waiting->wake();
  if (child.state() != completion::status::error) return;
  errors.push_back(child.error());
  if (!aborting) abort();
}

scope* group_tasks::awaited_in() const noexcept {
  if (body != nullptr) return body;
  return waiting != nullptr ? &waiting->in_scope() : nullptr;
}

void group_tasks::abort() noexcept {
  aborting = true;
  cancel_children();
  if (body != nullptr) body->request_stop();
}

void group_tasks::check_can_create() const {
  if (at == state::fresh)
    throw std::logic_error{"task_group::create_task before with(): pass the group to with() first"};
  if (at == state::left || (at == state::leaving && !has_children())) {
    throw std::logic_error{"task_group::create_task after the group has ended"};
  }
  if (aborting) throw std::logic_error{"task_group::create_task while the group is being stopped"};
}

bool group_tasks::exit_leaf::wait(void* frame) noexcept {
  group_->body = nullptr;
  group_->at = state::leaving;
  if ((end_->stopped || end_->error) && !group_->aborting) group_->abort();
  stopping_outside_ = promise_of(frame).in_scope->stop_requested;
  if (!group_->has_children()) return false;
  group_->waiting = this;
  suspend(frame);
  return true;
}

void group_tasks::exit_leaf::on_stop() noexcept {
  if (group_->aborting || interrupted_) return;
  interrupted_ = true;
  if (waiting()) wake();
}

void* group_tasks::exit_leaf::run() noexcept {
  scope& in = in_scope();
  in.loop->current = &in;
  if (interrupted_ && !group_->aborting) group_->abort();
  if (group_->has_children()) {
    phase_ = phase::waiting;  // for good now: the children have been told
    return nullptr;
  }
  in.waiting_on = nullptr;
  stopping_outside_ = in.stop_requested;
  return frame_;
}

void group_tasks::exit_leaf::await_resume() {
  group_->waiting = nullptr;
  group_->at = state::left;
  std::vector<std::exception_ptr>& failures = group_->errors;
  if (end_->error) failures.push_back(end_->error);
  if (!failures.empty()) {
    *end_ = {.error = std::make_exception_ptr(exception_group{std::move(failures)})};
  } else if (interrupted_) {
    end_->stopped = true;
  } else if (end_->stopped && !stopping_outside_) {
    *end_ = {.error = nullptr, .absorbed = true};
  }
}

}  // namespace detail

task_group::task_group(task_group&& other) {  // NOLINT(performance-noexcept-move-constructor)
  if (other.tasks_.at != detail::group_tasks::state::fresh) {
    throw std::logic_error{"a task_group cannot be moved once it is in use"};
  }
  tasks_.aborting = other.tasks_.aborting;
}

void task_group::cancel() noexcept {
  if (!tasks_.aborting) tasks_.abort();
}

void task_group::opened(detail::scope& body) {
  if (tasks_.at != detail::group_tasks::state::fresh) throw std::logic_error{"a task_group can be used only once"};
  tasks_.at = detail::group_tasks::state::open;
  tasks_.body = &body;
  if (tasks_.aborting) body.stop_requested = true;
}

}  // namespace weft
