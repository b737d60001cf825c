#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::postgres {

// These have constructors, because g++ 12 destroys aggregates twice that are made in a co_await expression.

/// An exact decimal number, as text: "12.50", "-0.001", "NaN", "Infinity". What numeric and decimal columns hold.
struct numeric {
  std::string text;

  numeric() = default;
  explicit numeric(std::string given) noexcept : text{std::move(given)} {}

  friend bool operator==(const numeric&, const numeric&) = default;
};

/// The three parts of an interval, which are kept apart since months and days differ in length.
struct interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::chrono::microseconds time{0};

  friend bool operator==(const interval&, const interval&) = default;
};

/// An address with the length of its network's prefix: inet and cidr, as text ("192.168.0.1/24", "::1").
struct inet {
  std::string text;

  inet() = default;
  explicit inet(std::string given) noexcept : text{std::move(given)} {}

  friend bool operator==(const inet&, const inet&) = default;
};

/// A JSON text that is passed on as it is: json and jsonb.
struct json_text {
  std::string text;

  json_text() = default;
  explicit json_text(std::string given) noexcept : text{std::move(given)} {}

  friend bool operator==(const json_text&, const json_text&) = default;
};

/// A range of T (int4range, tstzrange, ...): no bound is infinity.
template <class T>
struct range {
  std::optional<T> lower;
  std::optional<T> upper;
  bool lower_inclusive = true;
  bool upper_inclusive = false;
  bool empty = false;  ///< it holds nothing; the bounds mean nothing then

  range() = default;
  range(std::optional<T> from, std::optional<T> to, bool from_inclusive = true, bool to_inclusive = false)
      : lower{std::move(from)}, upper{std::move(to)}, lower_inclusive{from_inclusive}, upper_inclusive{to_inclusive} {}

  friend bool operator==(const range&, const range&) = default;
};

/// Ranges of T that do not touch, in their order (int4multirange, tstzmultirange, ...).
template <class T>
struct multirange {
  std::vector<range<T>> ranges;

  multirange() = default;
  explicit multirange(std::vector<range<T>> given) : ranges{std::move(given)} {}

  friend bool operator==(const multirange&, const multirange&) = default;
};

/// Microseconds of the calendar, in UTC: timestamptz. PostgreSQL's own precision.
using timestamptz = std::chrono::sys_time<std::chrono::microseconds>;
/// Microseconds of the calendar of no known time zone: timestamp.
using timestamp = std::chrono::local_time<std::chrono::microseconds>;
/// A time of day with what its place is ahead of UTC: time with time zone.
struct timetz {
  std::chrono::microseconds time{0};  ///< since midnight there
  std::chrono::seconds offset{0};     ///< to the east

  timetz() = default;
  explicit timetz(std::chrono::microseconds since_midnight, std::chrono::seconds east = {}) noexcept
      : time{since_midnight}, offset{east} {}

  friend bool operator==(const timetz&, const timetz&) = default;
};

/// Of a day: time.
using time_of_day = std::chrono::hh_mm_ss<std::chrono::microseconds>;

}  // namespace weft::postgres
