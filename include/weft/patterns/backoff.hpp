#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <weft/core/clock.hpp>

namespace weft {

/// How chance spreads delays, so that many who failed together do not come back together.
enum class jitter : std::uint8_t {
  none,         ///< the exponential delay itself
  full,         ///< anything from 0 up to the exponential delay
  equal,        ///< half of the exponential delay, and up to as much again
  decorrelated  ///< anything from the base delay up to three times the previous delay
};

/// How long to wait before what has failed is tried again.
struct backoff_options {
  /// Before the second attempt; not negative.
  clock::duration base_delay = std::chrono::milliseconds{100};
  /// By how much each delay exceeds the one before it; at least 1.
  double multiplier = 2.0;
  /// No delay is longer, the first neither.
  clock::duration max_delay = std::chrono::seconds{30};
  weft::jitter jitter = weft::jitter::full;
};
static_assert(std::is_trivially_destructible_v<backoff_options>);

/// Delays that grow exponentially, for loops that never give up: `co_await sleep(delays.next())`, and `delays.reset()`
/// once it has worked. Chance comes from the loop; see seed_random.
class backoff {
 public:
  /// Throws std::invalid_argument for negative delays and a multiplier below 1.
  explicit backoff(const backoff_options& options = {});

  /// The next delay, in [0, max_delay].
  clock::duration next() noexcept;
  /// Begins anew.
  void reset() noexcept {
    exponential_ = static_cast<double>(options_.base_delay.count());
    previous_ = exponential_;
  }

 private:
  backoff_options options_;
  double exponential_ = 0;  // nanoseconds, before jitter
  double previous_ = 0;     // the delay before, for decorrelated jitter
};

}  // namespace weft
