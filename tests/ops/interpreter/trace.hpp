#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ops {

/// What happened while a program ran: lines "<microseconds> <task> <place> <text>".
class trace {
 public:
  /// Adds a line with the time of the loop that runs.
  void add(std::string_view task, std::string_view place, std::string_view text);
  const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// How two traces are compared.
enum class comparison : unsigned char {
  exact,
  relaxed  ///< what happened at each instant, whatever the order within it
};

/// Tells the first line in which they differ, "line <n>:\n- <expected>\n+ <got>"; empty if there is none.
std::string difference(std::vector<std::string> expected, std::vector<std::string> got, comparison how);

/// A text's lines.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace ops
