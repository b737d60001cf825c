#pragma once

// Runs the built program, as a user would.

#include <gtest/gtest.h>

#include <sys/types.h>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <support/program_changes.hpp>
#include <support/scratch.hpp>
#include <utility>
#include <vector>

namespace weft_test {

using weft::testing::read_file;
using weft::testing::scratch;

struct tool_options {
  std::string input = {};       ///< file for standard input; empty: /dev/null
  int input_descriptor = -1;    ///< or this
  int output_descriptor = -1;   ///< for standard output instead of a file that is read at the end
  std::size_t descriptors = 0;  ///< ulimit -n; 0: as it is
};

/// The program at work. Killed if it has not ended in time, or when this goes out of scope.
class tool {
 public:
  explicit tool(std::vector<std::string> arguments, const tool_options& options = {});
  ~tool();
  tool(const tool&) = delete;
  tool& operator=(const tool&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// What it has written so far.
  std::string output() const { return read_file(place_.file("out")); }
  std::string errors() const { return read_file(place_.file("err")); }
  /// Waits until its output holds `text`; false if that takes too long.
  bool has_written(std::string_view text) const;
  /// Waits until a condition holds, which is looked at again whenever the program writes or ends; false if that takes
  /// too long.
  bool eventually(const std::function<bool()>& condition) const;
  /// Its exit status; minus the signal that ended it.
  int wait();

 private:
  scratch place_;
  pid_t pid_ = -1;
  std::optional<weft::testing::program_changes> changes_;
};

/// One run from start to end.
struct finished {
  int status;
  std::string output;
  std::string errors;
};
finished run_tool(std::vector<std::string> arguments, const tool_options& options = {});

/// The lines of a text.
std::vector<std::string> lines(std::string_view text);
/// What a record has behind `"name":`, as it is written there, up to the comma or bracket that ends it; for strings
/// without their quotes.
std::string field(std::string_view record, std::string_view name);
/// The record of a URL. Fails the test unless there is exactly one.
std::string record_of(std::string_view output, std::string_view url);

}  // namespace weft_test
