#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/core/timeout.hpp>

namespace weft::http::detail {

/// Waits for `work` as long as the limit says, or without limit if it is 0 or less; false if it was not in time.
inline task<bool> in_time(task<> work, std::chrono::nanoseconds limit) {
  if (limit > std::chrono::nanoseconds{0}) co_return co_await move_on_after(limit, std::move(work));
  co_await std::move(work);
  co_return true;
}

/// "30 s", "250 ms"
inline std::string seconds_text(std::chrono::nanoseconds time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s" : std::to_string(milliseconds) + " ms";
}

}  // namespace weft::http::detail
