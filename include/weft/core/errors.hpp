#pragma once

#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {

/// The base of weft's own exceptions. Failed system calls throw std::system_error instead; misuse throws
/// std::logic_error and its kin.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was awaited has been cancelled by somebody. The awaiter itself is not being stopped: this is an ordinary
/// exception. One that leaves a task makes that task cancelled, not failed. asyncio.CancelledError, as an awaiter sees
/// it.
class cancelled_error : public error {
 public:
  cancelled_error();
  using error::error;
};

/// A time limit has passed. TimeoutError.
class timeout_error : public error {
 public:
  timeout_error();
  using error::error;
};

/// A task or future was asked for what it does not have yet, or was completed twice. asyncio.InvalidStateError.
class invalid_state_error : public error {
 public:
  using error::error;
};

/// A promise went away before it had given its future a value or an exception.
class broken_promise_error : public error {
 public:
  broken_promise_error();
};

/// A loop that has ended was asked to do something.
class loop_closed_error : public error {
 public:
  loop_closed_error();
};

/// Nothing can ever happen again: every task waits, and nothing is under way that could wake one. what() lists who
/// waits for what.
class deadlock_error : public error {
 public:
  using error::error;
};

/// SIGINT or SIGTERM stopped the main task. KeyboardInterrupt out of asyncio.run.
class interrupted : public error {
 public:
  explicit interrupted(int signal);
  /// SIGINT or SIGTERM.
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

/// Several errors that came out of one group of tasks, in the order in which the tasks ended; the body's own is the
/// last. ExceptionGroup.
class exception_group : public error {
 public:
  explicit exception_group(std::vector<std::exception_ptr> exceptions);
  std::span<const std::exception_ptr> exceptions() const noexcept { return exceptions_; }

 private:
  std::vector<std::exception_ptr> exceptions_;
};

/// The text of an exception: what() of a std::exception, "unknown exception" of others, "no exception" of null.
std::string what(const std::exception_ptr& e);

}  // namespace weft
