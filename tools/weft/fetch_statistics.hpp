#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "fetch_record.hpp"
#include "latency_histogram.hpp"

namespace weft::tool {

/// What a run of `weft fetch` has done so far. Its size does not depend on the number of URLs.
class fetch_statistics {
 public:
  void add(const fetch_record& record) noexcept;

  std::uint64_t done() const noexcept { return done_; }
  std::uint64_t succeeded() const noexcept { return succeeded_; }
  std::uint64_t failed() const noexcept { return done_ - succeeded_; }

  /// What the run comes to: several lines of text, the last one ended too.
  std::string summary(std::chrono::nanoseconds elapsed) const;

 private:
  std::uint64_t done_ = 0;
  std::uint64_t succeeded_ = 0;
  std::uint64_t bytes_ = 0;
  std::array<std::uint64_t, 1000> by_status_{};
  std::array<std::uint64_t, failure_count> by_kind_{};
  latency_histogram latency_;  // of those that were answered in full
};

/// 1234567 as "1,234,567".
std::string with_commas(std::uint64_t number);
/// A duration as people read it: "830 us", "1.24 ms", "12.3 s", "2:05 min", "3:20:00 h".
std::string readable(std::chrono::nanoseconds duration);
/// A number of bytes as people read it: "512 B", "1.5 MB".
std::string readable_size(std::uint64_t bytes);

}  // namespace weft::tool
