#include "trace.hpp"

#include <algorithm>
#include <weft/core/clock.hpp>

namespace ops {
namespace {

std::string_view instant_of(std::string_view line) { return line.substr(0, line.find(' ')); }

/// Sorts the lines of each instant.
void sort_instants(std::vector<std::string>& lines) {
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find_if(
        begin, lines.end(),
        [instant = std::string{instant_of(*begin)}](const std::string& s) { return instant_of(s) != instant; });
    std::sort(begin, end);
    begin = end;
  }
}

}  // namespace

void trace::add(std::string_view task, std::string_view place, std::string_view text) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(weft::now().time_since_epoch());
  std::string line = std::to_string(now.count());
  for (const std::string_view part : {task, place, text}) line.append(" ").append(part);
  lines_.push_back(std::move(line));
}

std::string difference(std::vector<std::string> expected, std::vector<std::string> got, comparison how) {
  if (how == comparison::relaxed) {
    sort_instants(expected);
    sort_instants(got);
  }
  for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string a = i < expected.size() ? expected[i] : "(the end)";
    const std::string b = i < got.size() ? got[i] : "(the end)";
    if (a == b) continue;
    return "line " + std::to_string(i + 1) + ":\n- " + std::string{a} + "\n+ " + std::string{b};
  }
  return {};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace ops
