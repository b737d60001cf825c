#pragma once

#include <initializer_list>
#include <memory>
#include <weft/core/task.hpp>

namespace weft {

namespace detail {
class signal_receiver;
}

/// Signals as something to wait for: `signal_set hangup{SIGHUP}; for (;;) { co_await hangup.next(); reload(); }`.
/// asyncio's add_signal_handler, as a queue.
///
/// While it lives, the process's own dispositions for these signals are replaced, also what run() does about SIGINT and
/// SIGTERM; they come back with the last set that has the signal. Several sets, on any loops, each get every signal.
/// Move-only; belongs to the loop on which it was made, and must outlive its waiters.
class signal_set {
 public:
  /// Takes the signals from here on: what comes before somebody waits is kept. Throws std::invalid_argument for what
  /// cannot be caught, std::logic_error outside a loop, std::system_error if the system refuses.
  signal_set(std::initializer_list<int> signals);
  signal_set(signal_set&& other) noexcept;
  signal_set& operator=(signal_set&& other) noexcept;
  ~signal_set();

  /// Waits for the next signal and gives its number. Of several that came meanwhile the lowest is the first, and the
  /// same one counts once, as in the kernel. Each goes to one waiter, in the order in which they asked. A stop loses
  /// none.
  [[nodiscard]] task<int> next();

 private:
  std::unique_ptr<detail::signal_receiver> receiver_;
};

}  // namespace weft
