#include "fetch_statistics.hpp"

#include <fmt/format.h>

#include <string_view>

namespace weft::tool {

void fetch_statistics::add(const fetch_record& record) noexcept {
  ++done_;
  if (record.succeeded()) ++succeeded_;
  bytes_ += record.bytes;
  if (record.kind != failure::none) {
    ++by_kind_[static_cast<std::size_t>(record.kind)];
  } else {
    ++by_status_[static_cast<std::size_t>(record.status)];
    latency_.add(record.duration);
  }
}

std::string fetch_statistics::summary(std::chrono::nanoseconds elapsed) const {
  const double seconds = std::chrono::duration<double>{elapsed}.count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string text = fmt::format("{} {} in {}: {} succeeded, {} failed; {:.{}f}/s, {} of bodies\n", with_commas(done_),
                                 done_ == 1 ? "URL" : "URLs", readable(elapsed), with_commas(succeeded_),
                                 with_commas(failed()), rate, rate < 10 ? 1 : 0, readable_size(bytes_));
  std::string_view separator = "status   ";
  for (std::size_t status = 0; status < by_status_.size(); ++status) {
    if (by_status_[status] == 0) continue;
    text += fmt::format("{}{}: {}", separator, status, with_commas(by_status_[status]));
    separator = ", ";
  }
  if (separator == ", ") text += '\n';
  separator = "errors   ";
  for (std::size_t kind = 0; kind < failure_count; ++kind) {
    if (by_kind_[kind] == 0) continue;
    text += fmt::format("{}{}: {}", separator, name_of(static_cast<failure>(kind)), with_commas(by_kind_[kind]));
    separator = ", ";
  }
  if (separator == ", ") text += '\n';
  if (latency_.total() > 0) {
    text += fmt::format("latency  p50 {}, p90 {}, p99 {}, longest {}\n", readable(latency_.percentile(0.5)),
                        readable(latency_.percentile(0.9)), readable(latency_.percentile(0.99)),
                        readable(latency_.longest()));
  }
  return text;
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return text;
}

std::string readable(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>{duration}.count();
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  const double shown = seconds < 1 ? seconds * 1e3 : seconds;
  const int places = shown < 10 ? 2 : shown < 100 ? 1 : 0;
  if (seconds < 60) return fmt::format("{:.{}f} {}", shown, places, seconds < 1 ? "ms" : "s");
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string readable_size(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  constexpr std::string_view units = "kMGTPE";
  std::size_t unit = 0;
  for (size /= 1000; size >= 999.95; size /= 1000) ++unit;
  return fmt::format("{:.1f} {}B", size, units[unit]);
}

}  // namespace weft::tool
