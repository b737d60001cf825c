#pragma once

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/types.hpp>

namespace weft::postgres {

namespace detail {

/// std::chrono::floor, which throws data_error for what does not fit.
template <class To, class Rep, class Period>
To floor_in_range(std::chrono::duration<Rep, Period> value) {
  using factor = std::ratio_divide<Period, typename To::period>;
  using rep = typename To::rep;
  constexpr const char* problem = "a time that its type cannot hold";
  if constexpr (std::floating_point<rep>) {
    return std::chrono::duration_cast<To>(value);
  } else if constexpr (std::floating_point<Rep>) {
    const long double scaled = std::floor(static_cast<long double>(value.count()) * factor::num / factor::den);
    constexpr long double limit = 9.2e18L;
    const bool fits = scaled >= -limit && scaled <= limit;  // not so of what is no number
    if (!fits) throw_out_of_range(problem);
    const auto whole = static_cast<std::int64_t>(scaled);
    if (!std::in_range<rep>(whole)) throw_out_of_range(problem);
    return To{static_cast<rep>(whole)};
  } else {
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(std::int64_t{value.count()}, std::int64_t{factor::num}, &scaled)) {
      throw_out_of_range(problem);
    }
    std::int64_t whole = scaled / factor::den;
    if (scaled % factor::den < 0) --whole;
    if (!std::in_range<rep>(whole)) throw_out_of_range(problem);
    return To{static_cast<rep>(whole)};
  }
}

/// Between the epochs of the calendar and of the server, in microseconds.
std::int64_t to_server_epoch(std::chrono::microseconds since_1970);
std::chrono::microseconds from_server_epoch(std::int64_t since_2000);

}  // namespace detail

/// timestamptz. infinity and -infinity are the type's largest and smallest value.
template <class Duration>
  requires(!std::same_as<Duration, std::chrono::days>)
struct codec<std::chrono::sys_time<Duration>> {
  using value_type = std::chrono::sys_time<Duration>;
  static constexpr oid::number type = oid::timestamptz;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    if (as != oid::timestamptz) detail::throw_no_fit(as, "sys_time");
    using limits = std::numeric_limits<std::int64_t>;
    if (value == value_type::max() || value == value_type::min()) {
      detail::put(to, value == value_type::max() ? limits::max() : limits::min());
      return;
    }
    const auto since = detail::floor_in_range<std::chrono::microseconds>(value.time_since_epoch());
    detail::put(to, detail::to_server_epoch(since));
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    const std::int64_t since = detail::read_timestamp(from, is, oid::timestamptz);
    if (since == std::numeric_limits<std::int64_t>::max()) {
      value = value_type::max();
    } else if (since == std::numeric_limits<std::int64_t>::min()) {
      value = value_type::min();
    } else {
      value = value_type{detail::floor_in_range<Duration>(detail::from_server_epoch(since))};
    }
  }
};

/// timestamp, likewise.
template <class Duration>
struct codec<std::chrono::local_time<Duration>> {
  using value_type = std::chrono::local_time<Duration>;
  using other = std::chrono::sys_time<std::chrono::microseconds>;
  static constexpr oid::number type = oid::timestamp;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    if (as != oid::timestamp) detail::throw_no_fit(as, "local_time");
    if (value == value_type::max()) return codec<other>::write(to, other::max(), oid::timestamptz);
    if (value == value_type::min()) return codec<other>::write(to, other::min(), oid::timestamptz);
    const auto since = detail::floor_in_range<std::chrono::microseconds>(value.time_since_epoch());
    codec<other>::write(to, other{since}, oid::timestamptz);
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    if (is != oid::timestamp) detail::throw_no_fit(is, "local_time");
    other universal;
    codec<other>::read(from, oid::timestamptz, universal);
    if (universal == other::max()) {
      value = value_type::max();
    } else if (universal == other::min()) {
      value = value_type::min();
    } else {
      value = value_type{detail::floor_in_range<Duration>(universal.time_since_epoch())};
    }
  }
};

/// date; infinity as above.
template <>
struct codec<std::chrono::sys_days> {
  static constexpr oid::number type = oid::date;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::sys_days& value, oid::number as) {
    if (as != oid::date) detail::throw_no_fit(as, "sys_days");
    if (value == std::chrono::sys_days::max() || value == std::chrono::sys_days::min()) {
      using limits = std::numeric_limits<std::int32_t>;
      detail::put(to, value == std::chrono::sys_days::max() ? limits::max() : limits::min());
      return;
    }
    const auto since = (value - detail::epoch).count();
    if (!std::in_range<std::int32_t>(since)) detail::throw_out_of_range("a date that the server cannot hold");
    detail::put(to, static_cast<std::int32_t>(since));
  }
  static void read(std::string_view from, oid::number is, std::chrono::sys_days& value) {
    const std::int32_t since = detail::read_date(from, is);
    if (since == std::numeric_limits<std::int32_t>::max()) {
      value = std::chrono::sys_days::max();
    } else if (since == std::numeric_limits<std::int32_t>::min()) {
      value = std::chrono::sys_days::min();
    } else {
      value = detail::epoch + std::chrono::days{since};
    }
  }
};

/// date, between the years -32767 and 32767.
template <>
struct codec<std::chrono::year_month_day> {
  static constexpr oid::number type = oid::date;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::year_month_day& value, oid::number as) {
    if (!value.ok()) detail::throw_out_of_range("a date that is none");
    codec<std::chrono::sys_days>::write(to, std::chrono::sys_days{value}, as);
  }
  static void read(std::string_view from, oid::number is, std::chrono::year_month_day& value) {
    const std::int32_t since = detail::read_date(from, is);
    constexpr std::chrono::sys_days first{std::chrono::year{-32767} / 1 / 1};
    constexpr std::chrono::sys_days last{std::chrono::year{32767} / 12 / 31};
    if (since < (first - detail::epoch).count() || since > (last - detail::epoch).count()) {
      detail::throw_out_of_range("a date that year_month_day cannot hold");
    }
    value = std::chrono::year_month_day{detail::epoch + std::chrono::days{since}};
  }
};

/// time.
template <class Duration>
struct codec<std::chrono::hh_mm_ss<Duration>> {
  static constexpr oid::number type = oid::time;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::hh_mm_ss<Duration>& value, oid::number as) {
    if (as != oid::time) detail::throw_no_fit(as, "hh_mm_ss");
    detail::put(to, std::int64_t{std::chrono::floor<std::chrono::microseconds>(value.to_duration()).count()});
  }
  static void read(std::string_view from, oid::number is, std::chrono::hh_mm_ss<Duration>& value) {
    if (is != oid::time) detail::throw_no_fit(is, "hh_mm_ss");
    value = std::chrono::hh_mm_ss<Duration>{std::chrono::floor<Duration>(detail::read_duration(from, is))};
  }
};

/// time with time zone.
template <>
struct codec<timetz> {
  static constexpr oid::number type = oid::timetz;
  static constexpr bool as_text = false;
  static void write(std::string& to, const timetz& value, oid::number as) { detail::write_timetz(to, value, as); }
  static void read(std::string_view from, oid::number is, timetz& value) { value = detail::read_timetz(from, is); }
};

template <>
struct codec<interval> {
  static constexpr oid::number type = oid::interval;
  static constexpr bool as_text = false;
  static void write(std::string& to, const interval& value, oid::number as) { detail::write_interval(to, value, as); }
  static void read(std::string_view from, oid::number is, interval& value) { value = detail::read_interval(from, is); }
};

/// interval without months, whose days have 24 hours; reads time, too.
template <class Rep, class Period>
struct codec<std::chrono::duration<Rep, Period>> {
  using value_type = std::chrono::duration<Rep, Period>;
  static constexpr oid::number type = oid::interval;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    const auto time = detail::floor_in_range<std::chrono::microseconds>(value);
    if (as == oid::time) return detail::put(to, std::int64_t{time.count()});
    detail::write_interval(to, {.time = time}, as);
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    value = detail::floor_in_range<value_type>(detail::read_duration(from, is));
  }
};

}  // namespace weft::postgres
