#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/describe/json_codec.hpp>

// JSON of times: strings as RFC 3339 writes points in time and dates, and ISO 8601 durations.

namespace weft {
namespace detail {

// Seconds since 1970 (or of a duration), and nanoseconds towards the future.
struct split_time {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
};

std::optional<split_time> parse_time(std::string_view text) noexcept;
std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept;
std::optional<split_time> parse_duration(std::string_view text) noexcept;
// These throw validation_error for years that have not four digits, and for what is no date. @param digits of the
// fraction.
void write_time(json_writer& writer, split_time time, int digits);
void write_date(json_writer& writer, std::chrono::sys_days date);
void write_date(json_writer& writer, std::chrono::year_month_day date);
void write_duration(json_writer& writer, split_time duration);

// Throws validation_error.
[[noreturn]] void refuse_time(json_writer& writer, double seconds);

template <class Duration>
split_time split(json_writer& writer, Duration duration) {
  if constexpr (!std::integral<typename Duration::rep>) {
    const auto wide = std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
    if (!(wide > -9e18 && wide < 9e18)) refuse_time(writer, wide);
  }
  const auto seconds = std::chrono::floor<std::chrono::duration<std::int64_t>>(duration);
  const auto rest = std::chrono::duration_cast<std::chrono::duration<std::int32_t, std::nano>>(duration - seconds);
  return {seconds.count(), rest.count()};
}

// nullopt where the type has no room for it, or, if it must be exact, no fractions for it.
template <class Duration>
constexpr std::optional<Duration> join(split_time time, bool exact) {
  using std::chrono::duration_cast;
  if constexpr (std::integral<typename Duration::rep>) {
    // What has a wider range than 64-bit seconds can hold any time.
    using wide = std::chrono::duration<double>;
    const double least = duration_cast<wide>(Duration::min()).count();
    const double most = duration_cast<wide>(Duration::max()).count();
    const auto value = static_cast<double>(time.seconds);
    if (value - 1 <= least || value + 1 >= most) return std::nullopt;
  }
  if constexpr (std::ratio_less_v<typename Duration::period, std::ratio<1>>) {
    const auto whole = duration_cast<Duration>(std::chrono::duration<std::int64_t>{time.seconds});
    const auto rest = std::chrono::duration<std::int64_t, std::nano>{time.nanoseconds};
    const auto part = duration_cast<Duration>(rest);
    if (exact && std::integral<typename Duration::rep> &&
        duration_cast<std::chrono::duration<std::int64_t, std::nano>>(part) != rest)
      return std::nullopt;
    return whole + part;
  } else if constexpr (std::integral<typename Duration::rep>) {
    const std::chrono::duration<std::int64_t> whole{time.seconds};
    const auto floored = std::chrono::floor<Duration>(whole);
    if (exact && (floored != whole || time.nanoseconds != 0)) return std::nullopt;
    return floored;
  } else {
    return duration_cast<Duration>(
        std::chrono::duration<double>{static_cast<double>(time.seconds) + 1e-9 * time.nanoseconds});
  }
}

constexpr int fraction_digits(std::intmax_t denominator) noexcept {
  int digits = 0;
  while (denominator > 1 && digits < 9) {
    denominator = (denominator + 9) / 10;
    ++digits;
  }
  return digits;
}

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

// Reads a string and makes a value of it.
template <class T, class Parse>
bool read_parsed(json_reader& reader, T& value, std::string_view expected, Parse&& parse) {
  std::string_view text;
  std::string buffer;
  if (reader.peek() != json_reader::kind::string) return reader.refuse(expected);
  if (!reader.read(text, buffer)) return false;
  const std::optional<T> parsed = parse(text);
  if (!parsed) return reader.refuse(expected, shown(text));
  value = *parsed;
  return true;
}

}  // namespace detail

/// A point in time: `2026-11-21T07:57:56.123Z`, with as many digits of the second as the type has. Read with any offset
/// from UTC and any number of digits; what is finer than the type is cut off.
template <class Duration>
  requires(std::chrono::treat_as_floating_point_v<typename Duration::rep> ||
           std::ratio_less_equal_v<typename Duration::period, std::ratio<3600>>)
struct json_codec<std::chrono::sys_time<Duration>> {
  using value_type = std::chrono::sys_time<Duration>;
  static constexpr std::string_view expects = "a time like \"2026-11-21T07:57:56Z\"";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, value_type& value) {
    return detail::read_parsed(reader, value, expects, [](std::string_view text) -> std::optional<value_type> {
      const auto time = detail::parse_time(text);
      const auto since = time ? detail::join<Duration>(*time, false) : std::nullopt;
      return since ? std::optional{value_type{*since}} : std::nullopt;
    });
  }
  static void write(json_writer& writer, value_type value) {
    detail::write_time(writer, detail::split(writer, value.time_since_epoch()),
                       detail::fraction_digits(Duration::period::den));
  }
};

/// A date: `2026-11-21`.
template <>
struct json_codec<std::chrono::sys_days> {
  static constexpr std::string_view expects = "a date like \"2026-11-21\"";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, std::chrono::sys_days& value) {
    return detail::read_parsed(reader, value, expects, detail::parse_date);
  }
  static void write(json_writer& writer, std::chrono::sys_days value) { detail::write_date(writer, value); }
};

/// A date: `2026-11-21`.
template <>
struct json_codec<std::chrono::year_month_day> {
  static constexpr std::string_view expects = json_codec<std::chrono::sys_days>::expects;
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, std::chrono::year_month_day& value) {
    std::chrono::sys_days days;
    if (!json_codec<std::chrono::sys_days>::read(reader, days)) return false;
    value = days;
    return true;
  }
  static void write(json_writer& writer, std::chrono::year_month_day value) { detail::write_date(writer, value); }
};

/// A duration: `PT1M30.5S`. Read with weeks, days, hours, minutes and seconds; it must fit the type exactly.
template <class Duration>
  requires detail::is_duration<Duration>
struct json_codec<Duration> {
  static constexpr std::string_view expects = "a duration like \"PT1M30S\"";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, Duration& value) {
    return detail::read_parsed(reader, value, expects, [](std::string_view text) -> std::optional<Duration> {
      const auto duration = detail::parse_duration(text);
      return duration ? detail::join<Duration>(*duration, true) : std::nullopt;
    });
  }
  static void write(json_writer& writer, Duration value) {
    detail::write_duration(writer, detail::split(writer, value));
  }
};

}  // namespace weft
