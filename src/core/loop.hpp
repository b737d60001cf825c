#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <weft/core/run.hpp>

#include "core/backend.hpp"
#include "core/idle_spin.hpp"
#include "core/inspector.hpp"
#include "core/round_hook.hpp"
#include "core/step_watch.hpp"

namespace weft::detail {

class loop;

/// What other threads see of a loop.
class shared_state final : public loop_shared {
 public:
  explicit shared_state(backend& waits) noexcept : backend_{&waits} {}

  void post(owned<posted> work) override;
  void end();

  std::vector<owned<posted>> take();
  bool has_posted() const noexcept { return has_posted_.load(std::memory_order_acquire); }

  /// From now on the end of the last handle interrupts the loop; false if there is none.
  bool await_handles() noexcept {
    awaited_.store(true);
    return handles_.load() > 0;
  }
  void end_awaiting_handles() noexcept { awaited_.store(false, std::memory_order_relaxed); }

 private:
  void interrupt() noexcept override;

  std::mutex mutex_;
  std::vector<owned<posted>> posted_;
  std::atomic<bool> has_posted_{false};
  backend* backend_;  // null once the loop has ended
};

/// Tasks that belong to nobody else than the loop.
class root_tasks final : public task_owner {
 public:
  root_tasks() noexcept : task_owner{false} {}
  void child_done(running_task& child) noexcept override;
  running_task* awaited = nullptr;  ///< the main task that the loop runs for
};

/// An event loop: ready queue, timers, and the kernel in between.
class loop final : public event_loop {
 public:
  explicit loop(const run_options& how);
  ~loop();

  /// Runs until `main` is done, and the round it ended in is. Throws deadlock_error.
  void run_until_done(running_task& main);
  /// Stops all tasks, and runs until they have ended.
  void end_tasks();

  std::string describe_waiters();
  /// A loop of another thread uses this one's things.
  bool foreign_thread() const noexcept { return std::this_thread::get_id() != thread_; }
  using event_loop::has_ready;
  const idle_spin& spinning() const noexcept { return spin_; }
  void advance(std::int64_t nanoseconds) noexcept { simulated_now_ += nanoseconds; }

  run_options options;
  root_tasks roots;
  std::shared_ptr<shared_state> shared;
  std::function<void(const exception_context&)> exception_handler;
  std::unique_ptr<backend> kernel;
  /// Of a test; goes with the simulated clock only.
  round_hook* hook = nullptr;
  /// The signal that stopped the main task, or 0.
  int stopped_by_signal = 0;
  /// Released when the loop ends, before it does: the thread pool.
  std::shared_ptr<void> default_executor;
  /// What is known about host names; see net/resolver.hpp.
  std::shared_ptr<void> names;

 private:
  /// Runs what is ready, after waiting for something if nothing is; false if nothing can ever come. A loop that is busy
  /// looks at the kernel and the clock only now and then.
  bool run_round();
  void run_ready() noexcept;
  void run_ready_watched() noexcept;
  void run_watched(node& n) noexcept;
  template <class F>
  void measure(F turn) noexcept;
  void run_ready_hooked() noexcept;
  void run_ready_and_timers() noexcept;
  void fire_timers(std::uint64_t before) noexcept;
  /// Waits for what comes next; false if nothing can.
  bool wait_for_more();
  void wait_for_kernel();
  bool look_for_news(std::int64_t until);
  bool wait_on_simulated_clock();
  void take_posted();
  void take_signals();
  void run_to_idle();

  int steps_until_poll_ = 0;
  bool timers_each_round_ = false;  // there is no fast path past them
  std::thread::id thread_ = std::this_thread::get_id();
  idle_spin spin_;
  step_watch steps_;
  std::shared_ptr<inspector::registration> inspected_;
};

inline loop& loop_of(event_loop& base) noexcept { return static_cast<loop&>(base); }

}  // namespace weft::detail
