#pragma once

#include <chrono>
#include <memory>
#include <type_traits>
#include <weft/core/create_task.hpp>
#include <weft/core/loop_handle.hpp>

namespace weft {

/// What a loop goes by.
enum class clock_mode : unsigned char {
  real,      ///< monotonic time
  simulated  ///< starts at 0 and jumps to the next timer when nothing is ready; for tests
};

/// How a loop waits for the kernel.
enum class backend_kind : unsigned char {
  automatic,  ///< what the environment variable WEFT_BACKEND names ("epoll" or "io_uring"), or else what suits best
  epoll,
  io_uring  ///< Linux 6.1 and later, unless the system forbids it, as many containers do
};

/// What the loop that runs on this thread waits with: epoll or io_uring. Throws std::logic_error outside a loop.
backend_kind current_backend();

/// How run() runs.
struct run_options {
  clock_mode clock = clock_mode::real;
  /// Checks and reports that cost time, also switched on by the environment variable WEFT_DEBUG=1: steps longer than
  /// `slow_step`, tasks that were never awaited, and use of the loop from another thread, which ends the program; and
  /// SIGQUIT prints the tree of tasks. asyncio's debug mode.
  bool debug = false;
  /// In debug mode, a step that keeps the loop from all others for longer is reported.
  std::chrono::nanoseconds slow_step = std::chrono::milliseconds{100};
  /// std::system_error comes out if the system refuses the one that is asked for.
  backend_kind backend = backend_kind::automatic;
  /// How long a loop that has nothing left to do looks for news before it lets its thread sleep; 0: it sleeps at once.
  /// Up to 1,000 s; also set by the environment variable WEFT_SPIN, in microseconds. Being woken takes longer than a
  /// small request does, on virtual machines above all: where a processor may be spent on it, 50 us shorten the round
  /// trip of a connection that waits for each answer to a fraction. It looks only while news used to come within that
  /// time, and ever less often where looking finds nothing, so an idle loop takes no CPU time. Not for the simulated
  /// clock.
  std::chrono::nanoseconds spin = std::chrono::nanoseconds{0};
  /// Let SIGINT and SIGTERM stop the main task (on the process's main thread only).
  bool handle_signals = true;
};
static_assert(std::is_trivially_destructible_v<run_options>);

class runner;
namespace detail {
/// The loop of a runner, for the floors above.
event_loop& loop_of(const runner& owner) noexcept;
}  // namespace detail

/// Several runs on one loop. asyncio.Runner.
///
/// Belongs to one thread. The loop exists from the construction on, and so do the values of context variables, which
/// all runs share; close(), or the destructor, ends it: it cancels the tasks that are left, waits for them and for the
/// thread pool.
class runner {
 public:
  /// Throws std::system_error if the system refuses what a loop needs.
  explicit runner(run_options options = {});
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  ~runner();

  /// Runs `main` (a task, an awaitable, or a callable that gives one) to its end and returns its value or throws its
  /// exception. Throws interrupted if SIGINT or SIGTERM stopped it, cancelled_error if it was stopped otherwise,
  /// deadlock_error if nothing can ever happen again (simulated clock only), std::logic_error if a loop runs on this
  /// thread or the runner is closed; `main` does not start then.
  template <class A>
    requires awaitable<A> || detail::task_function<A>
  detail::task_value_t<A> run(A&& main) {
    using value = detail::task_value_t<A>;
    check_can_run();
    task_handle<value> handle = create<value>(detail::to_task(std::forward<A>(main)));
    drive(*handle.running());
    auto& ended = static_cast<detail::running_task_of<value>&>(*handle.running());
    ended.look_at();
    throw_if_stopped(ended);
    return ended.outcome.take();
  }

  /// Ends the loop. Harmless when repeated.
  void close();

  /// The loop, during a run and between runs. Throws std::logic_error if the runner is closed.
  loop_handle get_loop() const;

 private:
  template <class T>
  task_handle<T> create(task<T> main) {
    detail::event_loop& loop = this->loop();
    return detail::start_task(loop, main_owner(), std::move(main), {.name = "main", .context = &values()});
  }
  void check_can_run() const;
  detail::event_loop& loop() const noexcept;
  detail::task_owner& main_owner() const noexcept;
  const context& values() const noexcept;
  void drive(detail::running_task& main);
  void throw_if_stopped(const detail::running_task& ended) const;

  friend detail::event_loop& detail::loop_of(const runner& owner) noexcept;
  class state;
  detail::owned<state> state_;
};

/// Makes a loop, runs `main` to its end and ends the loop; see runner::run and runner::close. asyncio.run.
template <class A>
  requires awaitable<A> || detail::task_function<A>
detail::task_value_t<A> run(A&& main, run_options options = {}) {
  runner once{options};
  if constexpr (std::is_void_v<detail::task_value_t<A>>) {
    once.run(std::forward<A>(main));
    once.close();
  } else {
    detail::task_value_t<A> value = once.run(std::forward<A>(main));
    once.close();
    return static_cast<detail::task_value_t<A>&&>(value);
  }
}

}  // namespace weft
