#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <weft/core/loop_handle.hpp>
#include <weft/core/run.hpp>

namespace weft {

namespace detail {
class worker_crew;
}

/// One of the loops of run_workers, as its main function sees it. Lives until run_workers returns.
class worker {
 public:
  /// Which one this is, from 0.
  std::size_t index() const noexcept { return index_; }
  /// How many there are.
  std::size_t count() const noexcept;
  /// The loop of any of them: for call_soon_threadsafe and run_coroutine_threadsafe. All exist before the first main
  /// begins; one that has ended throws loop_closed_error when it is used. Throws std::out_of_range.
  loop_handle loop(std::size_t index) const;
  /// Stops the main tasks of all workers, this one's too; run_workers then returns without an error. Any thread.
  void stop_all() const noexcept;

  /// For the library's own use.
  worker(detail::worker_crew& crew, std::size_t index) noexcept : crew_{&crew}, index_{index} {}

 private:
  detail::worker_crew* crew_;
  std::size_t index_;
};

/// How run_workers runs.
struct worker_options {
  /// Ties each worker to one of the processors that this process may use, in turn.
  bool pin = false;
  /// For each loop; signals are handled on the calling thread's.
  run_options run = {};
};
static_assert(std::is_trivially_destructible_v<worker_options>);

namespace detail {
void run_workers(std::size_t count, const std::function<task<>(worker&)>& main, const worker_options& options);
}

/// Runs `count` loops, each on a thread of its own (the first on the calling one), and on each `main(worker)`, a
/// coroutine function; returns when all have ended. Each has its own copy of `main`.
///
/// An error in one stops all the others, and comes out when they have ended; further ones are reported to stderr.
/// SIGINT and SIGTERM stop all (if the calling thread is the process's main thread) and `interrupted` comes out. One
/// that returns leaves the others running. Throws std::invalid_argument for 0, std::logic_error inside a loop,
/// std::system_error if a thread or loop cannot be made; no main begins then.
template <class F>
  requires std::copy_constructible<std::decay_t<F>> && std::is_invocable_r_v<task<>, std::decay_t<F>&, worker&>
void run_workers(std::size_t count, F&& main, worker_options options = {}) {
  detail::run_workers(count, std::function<task<>(worker&)>{std::forward<F>(main)}, options);
}

}  // namespace weft
