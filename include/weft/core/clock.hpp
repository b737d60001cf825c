#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace weft {

/// The clock of the loop that runs on this thread: monotonic time, or simulated time that starts at 0. Outside a loop
/// it is std::chrono::steady_clock. asyncio's loop.time().
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock, duration>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

using time_point = clock::time_point;

/// The present time of the loop that runs on this thread.
inline time_point now() noexcept { return clock::now(); }

namespace detail {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Rounds; halves away from 0. Within the range of std::int64_t.
std::int64_t nearest(double number) noexcept;

/// Any duration in nanoseconds; what is too long becomes `never`. Throws std::invalid_argument for NaN.
template <class Rep, class Period>
std::int64_t nanoseconds_of(std::chrono::duration<Rep, Period> d) {
  using wide = std::chrono::duration<double, std::nano>;
  if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
    if (!(d.count() == d.count())) throw std::invalid_argument{"a duration is not a number"};
  }
  if constexpr (!std::chrono::treat_as_floating_point_v<Rep> && std::ratio_equal_v<Period, std::nano>) {
    return static_cast<std::int64_t>(d.count());
  } else {
    const wide ns = d;
    if (ns.count() >= 9.2e18) return never;
    if (ns.count() <= -9.2e18) return -never;
    if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
      return nearest(ns.count());
    } else {
      return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
    }
  }
}

/// `ns` from now, without overflow.
inline std::int64_t deadline_after(std::int64_t now, std::int64_t ns) noexcept {
  return ns >= never - now ? never : now + ns;
}

}  // namespace detail
}  // namespace weft
