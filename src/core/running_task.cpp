#include <atomic>
#include <stdexcept>
#include <weft/core/context.hpp>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/running_task.hpp>

#include "core/callback.hpp"

namespace weft {
namespace detail {

namespace {
/// A done callback: takes its turn in the ready queue when the task is done.
class done_callback final : public node, public completion_waiter, public pooled {
 public:
  done_callback(event_loop& loop, std::function<void()> function) : loop_{&loop}, callback_{std::move(function)} {}
  void completed(event_loop& home) noexcept override { home.push(*this); }
  void dropped(event_loop&) noexcept override { delete this; }
  void* run() noexcept override {
    callback_.call(*loop_);
    delete this;
    return nullptr;
  }

 private:
  event_loop* loop_;
  callback<std::function<void()>> callback_;
};

}  // namespace

std::uint32_t take_task_numbers() noexcept {
  static constinit std::atomic<std::uint32_t> taken{0};
  return taken.fetch_add(task_number_block, std::memory_order_relaxed);
}

void task_owner::cancel_children() noexcept {
  for (running_task* child = children_.front(); child != nullptr; child = list<running_task>::after(*child)) {
    child->cancel();
  }
}

void running_task::report_unseen(const std::exception_ptr& error) const noexcept {
  constexpr const char* message = "Task exception was never retrieved";
  if (this_thread_loop == loop) {
    loop->report(message, error, name());
  } else {
    report_to_stderr(message, error, name());
  }
}

void running_task::finish_heard(status how) noexcept {
  loop->push(*this);  // its owner hears of it first
  complete(how, *loop);
}

void running_task::start_specially(task_owner& owner, const task_options& options, std::source_location made_at) {
  if (!options.name.empty()) set_name(options.name);
  if (loop->watched) notes().made_at = made_at;
  if (options.context != nullptr) {
    notes().context = options.context->shared();
  } else {
    context_ = current_context();
  }
  if (!has_task_number(*loop)) loop->task_number = take_task_numbers();
  join(owner);
  if (options.eager) return start_eagerly();
  loop->push(*this);
}

void running_task::start_eagerly() noexcept {
  event_loop& on = *loop;  // the task may be gone when it has run
  scope* const caller = std::exchange(on.current, this);
  const context_override own{nullptr};
  resume_until_suspended(on, root_);
  on.current = caller;
}

void* running_task::run() noexcept {
  if (done()) {
    loop->current = nullptr;
    leave_owner();
    task_owner* owner = std::exchange(owner_, nullptr);
    owner->child_done(*this);
    release();
    return nullptr;
  }
  void* frame = root_;
  loop->current = this;
  if (!stop_requested) return frame;
  return unwind(frame);  // it never began: that destroys its arguments
}

void running_task::abandon() noexcept {
  scope* in = this;
  leaf* waits = waiting_on;
  for (scope* inner = waits->scope_inside(); inner != nullptr; inner = waits->scope_inside()) {
    in = inner;
    waits = inner->waiting_on;
  }
  waits->forget();
  loop->unwinding = true;
  while (in != nullptr) {
    void* frame = std::exchange(in->waiting_on, nullptr)->frame();
    loop->current = in;
    scope* const around = scope_around(*in);
    destroy_frames(frame, *in);
    in = around;
  }
  loop->unwinding = false;
  finish(status::cancelled);
}

std::string running_task::name() const {
  return notes_ != nullptr && !notes_->name.empty() ? notes_->name : "Task-" + std::to_string(number);
}

void running_task::drop_more() noexcept {
  delete std::exchange(notes_, nullptr);
  context_ = {};
}

task_notes& running_task::notes() {
  if (notes_ == nullptr) notes_ = new task_notes;
  return *notes_;
}

bool is_cancellation(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const cancelled_error&) {
    return true;
  } catch (...) {
    return false;
  }
}

void throw_outcome(running_task& ended) {
  if (ended.state() == completion::status::cancelled) throw cancelled_error{};
  std::rethrow_exception(ended.error());
}

void throw_pending(const char* what) { throw invalid_state_error{what}; }

void add_done_callback(completion& awaited, std::function<void()> callback) {
  auto* waiter = new done_callback{awaited.home(), std::move(callback)};
  if (awaited.done()) {
    waiter->completed(awaited.home());
  } else {
    awaited.add(*waiter);
  }
}

}  // namespace detail

std::exception_ptr any_task_handle::exception() const {
  detail::running_task& task = *task_.get();
  if (!task.done()) detail::throw_pending("the task has not ended");
  task.look_at();
  if (cancelled()) throw cancelled_error{};
  return task.error();
}

void any_task_handle::add_done_callback(std::function<void(any_task_handle)> callback) const {
  detail::add_done_callback(*task_.get(),
                            [task = *this, callback = std::move(callback)]() mutable { callback(std::move(task)); });
}

any_task_handle current_task() noexcept {
  detail::event_loop* loop = detail::this_thread_loop;
  if (loop == nullptr || loop->current == nullptr) return {};
  detail::running_task& task = detail::task_of(*loop->current);
  task.retain();
  return any_task_handle{&task};
}

std::vector<any_task_handle> all_tasks() {
  std::vector<any_task_handle> tasks;
  detail::event_loop& loop = detail::require_loop("all_tasks");
  using owners = detail::list<detail::task_owner>;
  using siblings = detail::list<detail::running_task>;
  for (detail::task_owner* owner = loop.owners.front(); owner != nullptr; owner = owners::after(*owner)) {
    if (owner->internal()) continue;
    for (detail::running_task* task = owner->children().front(); task != nullptr; task = siblings::after(*task)) {
      if (task->done()) continue;
      task->retain();
      tasks.emplace_back(task);
    }
  }
  return tasks;
}

bool stopping() noexcept {
  const detail::event_loop* loop = detail::this_thread_loop;
  return loop != nullptr && loop->unwinding;
}

}  // namespace weft
