#pragma once

// The vocabulary of small programs whose trace is compared, line by line, with one that CPython's asyncio gave. They
// run on the simulated clock. A line is "<milliseconds> <text>", and values are written as Python writes them.
//
//   TEST(Lock, s119_lock_fifo) {
//     expect_trace(R"(
//   0 A wants
//   0 A has
//   )", []() -> weft::task<> { ... log(name, " wants"); ... });
//   }

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/python_errors.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <weft/weft.hpp>

#include "core/loop.hpp"

namespace scenario {

using namespace std::chrono_literals;

// ---- values as Python writes them ----------------------------------------------------------------------------------

template <class T>
std::string repr(const T& value);

namespace detail {
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<weft::result<T>> : std::true_type {};
template <class T>
concept text = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
template <class T>
concept range = requires(const T& t) {
  t.begin();
  t.end();
};
template <class T>
concept tuple = requires { std::tuple_size<T>::value; };

template <class T>
std::string joined(const T& values) {
  std::string text;
  for (const auto& v : values) text += (text.empty() ? "" : ", ") + repr(static_cast<typename T::value_type>(v));
  return text;
}
}  // namespace detail

/// str(value)
template <class T>
std::string str(const T& value) {
  if constexpr (detail::text<T>) {
    return std::string{std::string_view{value}};
  } else if constexpr (std::same_as<T, bool>) {
    return value ? "True" : "False";
  } else if constexpr (std::same_as<T, char>) {
    return std::string(1, value);
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::nullopt_t> ||
                       std::same_as<T, std::monostate>) {
    return "None";
  } else if constexpr (std::integral<T>) {
    return std::to_string(value);
  } else if constexpr (std::floating_point<T>) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.15g", static_cast<double>(value));
    const std::string text = buffer;
    return text.find_first_of(".ne") == std::string::npos ? text + ".0" : text;
  } else if constexpr (std::same_as<T, std::exception_ptr>) {
    return show(value);
  } else if constexpr (detail::is_optional<T>::value) {
    return value ? str(*value) : "None";
  } else if constexpr (detail::is_result<T>::value) {
    if (!value) return show(value.error());
    if constexpr (std::is_void_v<typename T::value_type>) {
      return "None";
    } else {
      return str(*value);
    }
  } else if constexpr (detail::range<T>) {
    return "[" + detail::joined(value) + "]";
  } else {
    static_assert(detail::tuple<T>, "scenario::str does not know this type");
    std::string text;
    std::apply([&](const auto&... part) { ((text += (text.empty() ? "" : ", ") + repr(part)), ...); }, value);
    return "(" + text + (std::tuple_size_v<T> == 1 ? ",)" : ")");
  }
}

/// repr(value): as str(), but strings in quotes.
template <class T>
std::string repr(const T& value) {
  if constexpr (detail::text<T>) {
    return "'" + str(value) + "'";
  } else if constexpr (detail::is_optional<T>::value) {
    return value ? repr(*value) : "None";
  } else {
    return str(value);
  }
}

// ---- what programs do ----------------------------------------------------------------------------------------------

namespace detail {
struct trace {
  std::string lines;
  bool muted = false;  // the program has ended; what its tasks do while they are torn down is not compared
};
inline thread_local trace* current_trace = nullptr;

inline void add_line(const std::string& line) {
  if (current_trace != nullptr && !current_trace->muted) current_trace->lines.append(line).append("\n");
}
}  // namespace detail

/// The loop's time in whole milliseconds.
inline std::int64_t now() { return (weft::now().time_since_epoch().count() + 500'000) / 1'000'000; }

/// Adds the line "<now> <text>"; the text is the parts, one behind the other.
template <class... Parts>
void log(const Parts&... parts) {
  std::string line = std::to_string(now()) + " ";
  ((line += str(parts)), ...);
  detail::add_line(line);
}

inline auto sleep(int milliseconds) { return weft::sleep(std::chrono::milliseconds{milliseconds}); }
inline auto sleep(double milliseconds) { return weft::sleep(std::chrono::duration<double, std::milli>{milliseconds}); }

/// Lets the clock advance inside a step, as computing would.
inline void busy(int milliseconds) {
  weft::detail::loop_of(weft::detail::require_loop("busy")).advance(std::int64_t{milliseconds} * 1'000'000);
}

/// create_task with a name.
template <class A>
auto spawn(A&& work, std::string_view name) {
  return weft::create_task(std::forward<A>(work), {.name = name});
}

/// The name of the running task.
inline std::string me() { return weft::current_task().name(); }

/// "pending", "cancelled", "error <show>" or "value <value>".
template <class T>
std::string outcome(const weft::task_handle<T>& task) {
  if (!task.done()) return "pending";
  if (task.cancelled()) return "cancelled";
  if (const std::exception_ptr error = task.exception()) return "error " + show(error);
  if constexpr (std::is_void_v<T>) {
    return "value None";
  } else {
    return "value " + str(task.result());
  }
}

/// The outcomes of several tasks, with `between` between them.
template <class Tasks>
std::string outcomes(const Tasks& tasks, std::string_view between = " ") {
  std::string text;
  for (const auto& task : tasks) text += (text.empty() ? std::string{} : std::string{between}) + outcome(task);
  return text;
}

/// Handles as wait() takes them; g++ 12 cannot compile `std::vector{a, b}` in an awaited call.
template <class First, class... Rest>
std::vector<First> handles(const First& first, const Rest&... rest) {
  std::vector<First> list{first};
  (list.push_back(rest), ...);
  return list;
}

/// Calls a function when it is destroyed by a stop: what stands for `except CancelledError: ...; raise`, where
/// nothing is awaited.
template <class F>
class at_stop {
 public:
  explicit at_stop(F f) : f_{std::move(f)} {}
  at_stop(const at_stop&) = delete;
  at_stop& operator=(const at_stop&) = delete;
  ~at_stop() {
    if (weft::stopping()) f_();
  }

 private:
  F f_;
};

/// Logs a line when it is destroyed by a stop.
class log_at_stop {
 public:
  explicit log_at_stop(std::string text) : text_{std::move(text)} {}
  log_at_stop(const log_at_stop&) = delete;
  log_at_stop& operator=(const log_at_stop&) = delete;
  ~log_at_stop() {
    if (weft::stopping()) log(text_);
  }

 private:
  std::string text_;
};

/// Real work outside the loop is under way: the clock stands still.
class external {
 public:
  external() : loop_{&weft::detail::require_loop("external")} { ++loop_->outside_work; }
  external(const external&) = delete;
  external& operator=(const external&) = delete;
  ~external() { --loop_->outside_work; }

 private:
  weft::detail::event_loop* loop_;
};

// ---- running them --------------------------------------------------------------------------------------------------

/// Runs `main` (a task, or a callable that gives one) and returns the trace. Its last line is "! <exception>" if one
/// left main, "! deadlock" if nothing could happen any more; "= returned <value>" tells a value.
template <class F>
std::string trace_of(F&& main) {
  detail::trace trace;
  detail::trace* const around = std::exchange(detail::current_trace, &trace);
  try {
    weft::runner runner{{.clock = weft::clock_mode::simulated}};
    runner.get_loop().set_exception_handler([](const weft::exception_context& context) {
      log("loop-handler: ", context.message, " / ", show(context.exception));
    });
    try {
      using value = std::remove_cvref_t<decltype(runner.run(std::forward<F>(main)))>;
      if constexpr (std::is_void_v<value>) {
        runner.run(std::forward<F>(main));
      } else {
        const value returned = runner.run(std::forward<F>(main));
        detail::add_line("= returned " + str(returned));
      }
    } catch (const weft::deadlock_error&) {
      detail::add_line("! deadlock");
      trace.muted = true;
    }
    runner.close();
  } catch (...) {
    detail::add_line("! " + show(std::current_exception()));
  }
  detail::current_trace = around;
  return std::move(trace.lines);
}

/// Runs `main` and compares its trace with `expected`, whose first line break does not count.
template <class F>
void expect_trace(std::string_view expected, F&& main) {
  if (!expected.empty() && expected.front() == '\n') expected.remove_prefix(1);
  EXPECT_EQ(trace_of(std::forward<F>(main)), expected);
}

}  // namespace scenario
