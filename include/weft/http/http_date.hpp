#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

/// Reads a date as header fields have it, in any of its three forms. RFC 9110, section 5.6.7.
///
///     Sun, 06 Nov 1994 08:49:37 GMT     what is written today
///     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850
///     Sun Nov  6 08:49:37 1994          C's asctime()
///
/// @param now decides the century of a year of two digits: one that would be more than 50 years away is past.
/// @return nullopt if it is none, or there is no such time. The weekday must be one, but need not be the right one. A
/// leap second is read as the one before it.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text,
    std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));

/// A time as header fields have it: `Sun, 06 Nov 1994 08:49:37 GMT`.
/// @throws std::invalid_argument for years that have not four digits.
[[nodiscard]] std::string format_http_date(std::chrono::sys_seconds time);

/// How long a Retry-After field asks to wait: it says so in seconds, or until a date. RFC 9110, section 10.2.3.
/// @return 0 for a date that has passed; a year at most; nullopt if it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    std::chrono::sys_seconds now);

}  // namespace weft::http
