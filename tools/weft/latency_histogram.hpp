#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace weft::tool {

/// Counts durations in buckets that grow with them, so that any number of them takes the same memory: a percentile is
/// too high by less than 1/32 of itself, or a microsecond.
class latency_histogram {
 public:
  using duration = std::chrono::microseconds;

  void add(std::chrono::nanoseconds latency) noexcept {
    const auto micros = std::chrono::duration_cast<duration>(latency).count();
    ++counts_[bucket_of(micros < 0 ? 0 : static_cast<std::uint64_t>(micros))];
    ++total_;
    if (latency > longest_) longest_ = latency;
  }

  std::uint64_t total() const noexcept { return total_; }
  std::chrono::nanoseconds longest() const noexcept { return longest_; }

  /// What `share` (0 to 1) of the durations did not exceed; 0 if there are none.
  std::chrono::nanoseconds percentile(double share) const noexcept {
    if (total_ == 0) return {};
    auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    if (rank < 1) rank = 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
      seen += counts_[i];
      if (seen < rank) continue;
      const std::chrono::nanoseconds upper = duration{highest_in(i)};
      return upper < longest_ ? upper : longest_;
    }
    return longest_;
  }

 private:
  // Values below 32 have a bucket each; above, each power of two is cut into 32.
  static constexpr unsigned fine_bits = 5;
  static constexpr std::uint64_t fine = 1U << fine_bits;
  static constexpr std::uint64_t limit = (std::uint64_t{1} << 40) - 1;  // twelve days
  static constexpr std::size_t buckets = (40 - fine_bits + 1) * fine;

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value > limit) value = limit;
    if (value < fine) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - fine_bits;
    return static_cast<std::size_t>((shift + 1) * fine + (value >> shift) - fine);
  }
  static std::int64_t highest_in(std::size_t bucket) noexcept {
    if (bucket < fine) return static_cast<std::int64_t>(bucket);
    const std::size_t shift = bucket / fine - 1;
    return static_cast<std::int64_t>(((bucket % fine + fine + 1) << shift) - 1);
  }

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t total_ = 0;
  std::chrono::nanoseconds longest_{};
};

}  // namespace weft::tool
