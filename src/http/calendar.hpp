#pragma once

// Dates in HTTP's many forms, as far as they share something.

#include <chrono>
#include <optional>
#include <string_view>

namespace weft::http::detail {

/// 1 for a word that begins with `jan` in any case, and so on; 0 for others.
unsigned month_number(std::string_view word) noexcept;

/// The time in UTC that these say; nullopt if there is no such date or time. `second` may be 60, which is read as 59.
std::optional<std::chrono::sys_seconds> time_of(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                                                unsigned second) noexcept;

}  // namespace weft::http::detail
