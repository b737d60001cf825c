#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace weft::tool {

namespace {

constexpr const char* start_of_line = "\r\x1b[K";

}  // namespace

void progress_line::show(const fetch_statistics& statistics, std::optional<std::uint64_t> total) {
  if (!visible_) return;
  const time_point at = now();
  const double seconds = std::chrono::duration<double>{at - last_}.count();
  const std::uint64_t done = statistics.done();
  if (seconds > 0) {
    const double present = static_cast<double>(done - last_done_) / seconds;
    const double weight = rate_ == 0 ? 1 : std::min(1.0, seconds / 3);  // about the last three seconds
    rate_ += (present - rate_) * weight;
  }
  last_ = at;
  last_done_ = done;

  std::string text = with_commas(done);
  if (total) text += " of " + with_commas(std::max(*total, done));
  text += fmt::format(" done, {:.0f}/s, {} failed", rate_, with_commas(statistics.failed()));
  if (total && rate_ > 0 && *total > done) {
    const double left = static_cast<double>(*total - done) / rate_;
    if (left < 1e6) text += ", " + readable(std::chrono::seconds{static_cast<std::int64_t>(left) + 1}) + " left";
  }
  fmt::print(stderr, "{}{}", start_of_line, text);
  std::fflush(stderr);
  shown_ = true;
}

void progress_line::clear() {
  if (!shown_) return;
  fmt::print(stderr, "{}", start_of_line);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace weft::tool
