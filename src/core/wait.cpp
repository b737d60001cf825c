#include <algorithm>
#include <utility>
#include <weft/core/wait.hpp>

namespace weft::detail {

/// Listens to one task. Lives on its own, since what it makes ready may outlive the one who listens.
class end_watch::ear final : public node, public completion_waiter, public pooled {
 public:
  ear(end_watch& owner, running_task& task) noexcept : owner_{&owner}, task_{&task} {
    task.retain();
    if (task.done()) {
      completed(task.home());
    } else {
      task.add(*this);
    }
  }
  void completed(event_loop& home) noexcept override {
    queued_ = true;
    home.push(*this);
  }
  void* run() noexcept override {
    task_->home().current = nullptr;
    if (owner_ != nullptr) {
      std::erase(owner_->ears_, this);
      owner_->ended(*task_);
    }
    dispose();
    return nullptr;
  }
  void forget() noexcept {
    owner_ = nullptr;
    if (queued_) return;
    task_->remove(*this);
    dispose();
  }

 private:
  void dispose() noexcept {
    task_->release();
    delete this;
  }
  end_watch* owner_;
  running_task* task_;
  bool queued_ = false;
};

void end_watch::watch(running_task& task) { ears_.push_back(new ear{*this, task}); }

void end_watch::stop_watching() noexcept {
  for (ear* e : std::exchange(ears_, {})) e->forget();
}

wait_leaf::~wait_leaf() { stop_watching(); }

void wait_leaf::wait(void* frame) {
  unheard_ = tasks_.size();
  for (running_task* t : tasks_) watch(*t);
  if (options_.timeout) {
    event_loop& loop = *promise_of(frame).in_scope->loop;
    loop.arm(*this, deadline_after(loop.now(), std::max<std::int64_t>(options_.timeout->count(), 0)));
  }
  suspend(frame);
}

void wait_leaf::ended(running_task& task) noexcept {
  --unheard_;
  const bool enough = unheard_ == 0 || options_.when == return_when::first_completed ||
                      (options_.when == return_when::first_exception && task.state() == completion::status::error);
  if (!enough || !waiting()) return;
  withdraw();
  wake();
}

void wait_leaf::fired() noexcept {
  stop_watching();
  wake();
}

void wait_leaf::withdraw() noexcept {
  stop_watching();
  if (armed()) loop().disarm(*this);
}

completed_tasks::completed_tasks(std::vector<any_task_handle> handles, std::optional<clock::duration> timeout)
    : handles_{std::move(handles)} {
  event_loop& loop = require_loop("as_completed");
  ended_.reserve(handles_.size());  // so that no later end needs memory
  if (timeout) deadline_ = deadline_after(loop.now(), timeout->count());
  for (const any_task_handle& h : handles_) {
    if (h.done()) {
      ended_.push_back(h.running());
    } else {
      watch(*h.running());
    }
  }
}

void completed_tasks::ended(running_task& task) noexcept {
  ended_.push_back(&task);
  if (waiting_ == nullptr) return;
  next_leaf& woken = *std::exchange(waiting_, nullptr);
  if (woken.armed()) woken.loop().disarm(woken);
  woken.wake();
}

void completed_tasks::next_leaf::wait(void* frame) {
  if (tasks_->waiting_ != nullptr) throw std::logic_error{"as_completed: next() is awaited by another task already"};
  tasks_->waiting_ = this;
  if (tasks_->deadline_ != never) promise_of(frame).in_scope->loop->arm(*this, tasks_->deadline_);
  suspend(frame);
}

void completed_tasks::next_leaf::fired() noexcept {
  tasks_->waiting_ = nullptr;
  wake();
}

void completed_tasks::next_leaf::withdraw() noexcept {
  tasks_->waiting_ = nullptr;
  if (armed()) loop().disarm(*this);
}

running_task* completed_tasks::next_leaf::await_resume() {
  if (tasks_->given_ < tasks_->ended_.size()) return tasks_->ended_[tasks_->given_++];
  if (tasks_->given_ == tasks_->handles_.size()) return nullptr;
  throw timeout_error{};
}

}  // namespace weft::detail

namespace weft {

task<wait_result<any_task_handle>> wait(std::vector<any_task_handle> handles, wait_options options) {
  if (handles.empty()) throw std::invalid_argument{"wait() for no tasks would never end"};
  return detail::wait_for_handles(std::move(handles), options);
}

}  // namespace weft
