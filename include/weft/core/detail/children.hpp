#pragma once

#include <vector>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

/// The children of a gather or race: all have ended when it is left.
class joint_tasks : public task_owner {
 public:
  bool internal() const noexcept override { return true; }
  scope* awaited_in() const noexcept override { return waiting_ != nullptr ? &waiting_->in_scope() : nullptr; }
  void child_done(running_task& child) noexcept override {
    child.look_at();
    ended(child);
    if (waiting_ != nullptr && !has_children()) waiting_->all_done();
  }

  /// Waits for all children; a stop goes to them at once, and on when all have ended.
  class join_all : public leaf {
   public:
    explicit join_all(joint_tasks& tasks) noexcept : tasks_{&tasks} {}
    bool await_ready() const noexcept { return !tasks_->has_children(); }
    template <weft_promise P>
    void await_suspend(std::coroutine_handle<P> waiting) noexcept {
      tasks_->waiting_ = this;
      suspend(waiting.address());
    }
    void await_resume() const noexcept {}
    void on_stop() noexcept override {
      if (stopped_) return;
      stopped_ = true;
      tasks_->cancel_children();
    }
    void* run() noexcept override {
      if (stopped_) phase_ = phase::stopped_when_woken;
      return leaf::run();
    }
    const char* describe() const noexcept override { return "gather"; }

   private:
    friend class joint_tasks;
    void all_done() noexcept { wake(); }
    joint_tasks* tasks_;
    bool stopped_ = false;
  };

  join_all all() noexcept { return join_all{*this}; }

 protected:
  ~joint_tasks() = default;
  virtual void ended(running_task& child) noexcept = 0;

 private:
  join_all* waiting_ = nullptr;
};

}  // namespace weft::detail
