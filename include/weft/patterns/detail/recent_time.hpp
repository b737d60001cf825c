#pragma once

#include <cstdint>
#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>

namespace weft::detail {

inline std::int64_t now_in_nanoseconds() noexcept { return now().time_since_epoch().count(); }

/// The time as the loop last read it; outside a loop the present time. In nanoseconds.
inline std::int64_t recent_time() noexcept {
  event_loop* loop = this_thread_loop;
  return loop != nullptr ? loop->recent_time() : now_in_nanoseconds();
}

}  // namespace weft::detail
