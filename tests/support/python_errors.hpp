#pragma once

// Exceptions as they appear in traces that are compared with CPython's: show() gives their Python names.

#include <exception>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

namespace scenario {

/// An exception with the name of one of Python's.
class python_error : public std::runtime_error {
 public:
  python_error(const char* name, const std::string& text) : std::runtime_error{text}, name_{name} {}
  std::string shown() const { return *what() == '\0' ? std::string{name_} : std::string{name_} + "(" + what() + ")"; }

 private:
  const char* name_;
};
class value_error : public python_error {
 public:
  explicit value_error(const std::string& text = {}) : python_error{"ValueError", text} {}
};
class key_error : public python_error {
 public:
  explicit key_error(const std::string& text = {}) : python_error{"KeyError", text} {}
};

/// The name of an exception, with its text if the program gave it one; groups as ExceptionGroup[a, b]; "none" for null.
inline std::string show(const std::exception_ptr& error) {
  if (!error) return "none";
  try {
    std::rethrow_exception(error);
  } catch (const weft::exception_group& group) {
    std::string inner;
    for (const std::exception_ptr& e : group.exceptions()) inner += (inner.empty() ? "" : ", ") + show(e);
    return "ExceptionGroup[" + inner + "]";
  } catch (const python_error& e) {
    return e.shown();
  } catch (const weft::cancelled_error&) {
    return "CancelledError";
  } catch (const weft::timeout_error&) {
    return "TimeoutError";
  } catch (const weft::invalid_state_error&) {
    return "InvalidStateError";
  } catch (const weft::interrupted&) {
    return "KeyboardInterrupt";
  } catch (const weft::deadlock_error&) {
    return "Deadlock";
  } catch (const weft::loop_closed_error&) {
    return "RuntimeError";
  } catch (const weft::queue_empty&) {
    return "QueueEmpty";
  } catch (const weft::queue_full&) {
    return "QueueFull";
  } catch (const weft::queue_shutdown&) {
    return "QueueShutDown";
  } catch (const weft::broken_barrier_error&) {
    return "BrokenBarrierError";
  } catch (const std::invalid_argument&) {
    return "ValueError";
  } catch (const std::logic_error&) {
    return "RuntimeError";
  } catch (const std::exception& e) {
    return std::string{"exception("} + e.what() + ")";
  } catch (...) {
    return "exception";
  }
}
/// The same for the exception that is being handled.
inline std::string show_current() { return show(std::current_exception()); }

}  // namespace scenario
