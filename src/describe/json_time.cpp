#include <weft/describe/json_time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weft::detail {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

/// Eats a text from its beginning.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_{text} {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_letter(char c) noexcept { return take(c) || take(static_cast<char>(c | 0x20)); }

  /// Exactly so many digits.
  std::optional<int> digits(int count) noexcept {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const int d = digit();
      if (d < 0) return std::nullopt;
      value = value * 10 + d;
    }
    return value;
  }

  /// One digit or more.
  std::optional<std::int64_t> number() noexcept {
    std::int64_t value = digit();
    if (value < 0) return std::nullopt;
    for (int d = digit(); d >= 0; d = digit())
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, d, &value)) return std::nullopt;
    return value;
  }

  /// One digit or more behind a point: nanoseconds, the rest cut off.
  std::optional<std::int32_t> fraction() noexcept {
    std::int32_t value = 0;
    std::int32_t unit = 100'000'000;
    int d = digit();
    if (d < 0) return std::nullopt;
    for (; d >= 0; d = digit(), unit /= 10) value += d * unit;
    return value;
  }

 private:
  int digit() noexcept {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return -1;
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
};

std::optional<std::chrono::sys_days> take_date(scanner& text) noexcept {
  const auto year = text.digits(4);
  if (!year || !text.take('-')) return std::nullopt;
  const auto month = text.digits(2);
  if (!month || !text.take('-')) return std::nullopt;
  const auto day = text.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return date;
}

// Hours and minutes, in seconds.
std::optional<std::int64_t> take_hours_and_minutes(scanner& text) noexcept {
  const auto hours = text.digits(2);
  if (!hours || *hours > 23 || !text.take(':')) return std::nullopt;
  const auto minutes = text.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return *hours * 3600 + *minutes * 60;
}

void append_digits(std::string& out, std::int64_t value, int count) {
  const std::string digits = std::to_string(value);
  if (digits.size() < static_cast<std::size_t>(count)) out.append(static_cast<std::size_t>(count) - digits.size(), '0');
  out += digits;
}

// What four digits of a year can say.
constexpr std::chrono::sys_days first_day{std::chrono::year{0} / 1 / 1};
constexpr std::chrono::sys_days last_day{std::chrono::year{9999} / 12 / 31};

[[noreturn]] void refuse(json_writer& writer, const char* expected, std::string got) {
  writer.log().add(expected, std::move(got));
  throw validation_error{writer.log().take()};
}

void append_date(json_writer& writer, std::string& out, std::chrono::sys_days days) {
  // Counted before it becomes a year: those have 16 bits only.
  if (days < first_day || days > last_day) {
    refuse(writer, "a time between the years 0 and 9999",
           std::to_string(days.time_since_epoch().count()) + " days since 1970");
  }
  const std::chrono::year_month_day date{days};
  append_digits(out, int{date.year()}, 4);
  out += '-';
  append_digits(out, unsigned{date.month()}, 2);
  out += '-';
  append_digits(out, unsigned{date.day()}, 2);
}

}  // namespace

std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept {
  scanner rest{text};
  const auto date = take_date(rest);
  return rest.at_end() ? date : std::nullopt;
}

// RFC 3339, section 5.6.
std::optional<split_time> parse_time(std::string_view text) noexcept {
  scanner rest{text};
  const auto date = take_date(rest);
  if (!date || (!rest.take_letter('T') && !rest.take(' '))) return std::nullopt;
  const auto minutes = take_hours_and_minutes(rest);
  if (!minutes || !rest.take(':')) return std::nullopt;
  const auto seconds = rest.digits(2);
  if (!seconds || *seconds > 60) return std::nullopt;  // a leap second is the next minute's first
  std::int32_t nanoseconds = 0;
  if (rest.take('.')) {
    const auto fraction = rest.fraction();
    if (!fraction) return std::nullopt;
    nanoseconds = *fraction;
  }
  std::int64_t offset = 0;
  if (!rest.take_letter('Z')) {
    const bool east = rest.take('+');
    if (!east && !rest.take('-')) return std::nullopt;
    const auto amount = take_hours_and_minutes(rest);
    if (!amount) return std::nullopt;
    offset = east ? *amount : -*amount;
  }
  if (!rest.at_end()) return std::nullopt;
  const split_time time{date->time_since_epoch().count() * seconds_per_day + *minutes + *seconds - offset, nanoseconds};
  // An offset can lead to a year that cannot be written.
  const std::int64_t first = std::int64_t{first_day.time_since_epoch().count()} * seconds_per_day;
  const std::int64_t end = (std::int64_t{last_day.time_since_epoch().count()} + 1) * seconds_per_day;
  if (time.seconds < first || time.seconds >= end) return std::nullopt;
  return time;
}

std::optional<split_time> parse_duration(std::string_view text) noexcept {
  scanner rest{text};
  const bool negative = rest.take('-');
  if (!rest.take('P')) return std::nullopt;
  constexpr std::pair<char, std::int64_t> units[] = {
      {'W', 7 * seconds_per_day}, {'D', seconds_per_day}, {'H', 3600}, {'M', 60}, {'S', 1}};
  constexpr std::size_t first_of_time = 2;
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  bool in_time = false;
  bool any = false;
  bool complete = false;  // a fraction is the last thing there is
  std::size_t next = 0;
  while (!rest.at_end()) {
    if (complete) return std::nullopt;
    if (!in_time && rest.take('T')) {
      in_time = true;
      any = false;
    }
    const auto amount = rest.number();
    if (!amount) return std::nullopt;
    bool fraction = false;
    if (in_time && rest.take('.')) {
      const auto part = rest.fraction();
      if (!part) return std::nullopt;
      nanoseconds = *part;
      fraction = true;
    }
    std::size_t unit = next;
    for (; unit < std::size(units); ++unit)
      if ((unit >= first_of_time) == in_time && rest.take(units[unit].first)) break;
    if (unit == std::size(units) || (fraction && units[unit].first != 'S')) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(*amount, units[unit].second, &part) || __builtin_add_overflow(seconds, part, &seconds))
      return std::nullopt;
    next = unit + 1;
    any = true;
    complete = fraction;
  }
  if (!any) return std::nullopt;
  if (!negative) return split_time{seconds, nanoseconds};
  if (nanoseconds == 0) return split_time{-seconds, 0};
  return split_time{-seconds - 1, static_cast<std::int32_t>(nanoseconds_per_second - nanoseconds)};
}

void write_date(json_writer& writer, std::chrono::sys_days date) {
  std::string text;
  append_date(writer, text, date);
  writer.write(std::string_view{text});
}

void write_date(json_writer& writer, std::chrono::year_month_day date) {
  if (!date.ok()) {
    refuse(writer, "a date",
           "day " + std::to_string(unsigned{date.day()}) + " of month " + std::to_string(unsigned{date.month()}) +
               " of " + std::to_string(int{date.year()}));
  }
  write_date(writer, std::chrono::sys_days{date});
}

void refuse_time(json_writer& writer, double seconds) {
  refuse(writer, "a time that can be counted", shown(seconds) + " seconds");
}

void write_time(json_writer& writer, split_time time, int digits) {
  const auto days = std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<seconds_per_day>>>(
      std::chrono::duration<std::int64_t>{time.seconds});
  constexpr std::int64_t no_day = std::numeric_limits<int>::max();
  std::string text;
  append_date(writer, text,
              std::chrono::sys_days{std::chrono::days{
                  static_cast<int>(days.count() > no_day || days.count() < -no_day ? no_day : days.count())}});
  const std::int64_t second = time.seconds - days.count() * seconds_per_day;
  text += 'T';
  append_digits(text, second / 3600, 2);
  text += ':';
  append_digits(text, second / 60 % 60, 2);
  text += ':';
  append_digits(text, second % 60, 2);
  if (digits > 0) {
    text += '.';
    std::int64_t fraction = time.nanoseconds;
    for (int i = digits; i < 9; ++i) fraction /= 10;
    append_digits(text, fraction, digits);
  }
  text += 'Z';
  writer.write(std::string_view{text});
}

void write_duration(json_writer& writer, split_time duration) {
  std::string text;
  std::uint64_t seconds = static_cast<std::uint64_t>(duration.seconds);
  std::int64_t nanoseconds = duration.nanoseconds;
  if (duration.seconds < 0) {
    text += '-';
    seconds = 0 - seconds;
    if (nanoseconds != 0) {
      --seconds;
      nanoseconds = nanoseconds_per_second - nanoseconds;
    }
  }
  text += "PT";
  if (seconds >= 3600) text.append(std::to_string(seconds / 3600)).append(1, 'H');
  if (seconds / 60 % 60 != 0) text.append(std::to_string(seconds / 60 % 60)).append(1, 'M');
  if (seconds % 60 != 0 || nanoseconds != 0 || seconds == 0) {
    text += std::to_string(seconds % 60);
    if (nanoseconds != 0) {
      text += '.';
      append_digits(text, nanoseconds, 9);
      text.erase(text.find_last_not_of('0') + 1);
    }
    text += 'S';
  }
  writer.write(std::string_view{text});
}

}  // namespace weft::detail
