#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <weft/http/http_date.hpp>

#include "calendar.hpp"
#include "characters.hpp"

namespace weft::http {

namespace {

using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::chrono::seconds longest_wait = std::chrono::days{365};

struct fields {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

/// Takes digits, letters and separators from the front of a text; false from the first that does not fit on.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_{text} {}

  scanner& skip(std::string_view text) noexcept {
    ok_ = ok_ && rest_.starts_with(text);
    if (ok_) rest_.remove_prefix(text.size());
    return *this;
  }

  template <class Number>
  scanner& digits(std::size_t count, Number& out) noexcept {
    ok_ = ok_ && rest_.size() >= count && std::ranges::all_of(rest_.substr(0, count), detail::is_digit);
    for (std::size_t i = 0; ok_ && i < count; ++i) out = out * 10 + static_cast<Number>(rest_[i] - '0');
    if (ok_) rest_.remove_prefix(count);
    return *this;
  }

  scanner& month(unsigned& out) noexcept {
    out = ok_ ? detail::month_number(rest_) : 0;
    ok_ = out != 0;
    if (ok_) rest_.remove_prefix(3);
    return *this;
  }

  scanner& weekday(bool whole) noexcept {
    const auto found = std::ranges::find_if(weekdays, [&](std::string_view each) {
      const std::string_view name = each.substr(0, whole ? each.size() : 3);
      return detail::equal_ignoring_case(rest_.substr(0, name.size()), name);
    });
    ok_ = ok_ && found != weekdays.end();
    if (ok_) rest_.remove_prefix(whole ? found->size() : 3);
    return *this;
  }

  scanner& time(fields& out) noexcept {
    return digits(2, out.hour).skip(":").digits(2, out.minute).skip(":").digits(2, out.second);
  }

  [[nodiscard]] bool at_end() const noexcept { return ok_ && rest_.empty(); }
  [[nodiscard]] bool next_is(char c) const noexcept { return rest_.starts_with(c); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<sys_seconds> time_of(const fields& from) {
  return detail::time_of(from.year, from.month, from.day, from.hour, from.minute, from.second);
}

std::optional<sys_seconds> parse_fixdate(std::string_view text) {
  fields out;
  scanner from{text};
  from.weekday(false).skip(", ").digits(2, out.day).skip(" ").month(out.month).skip(" ").digits(4, out.year).skip(" ");
  if (!from.time(out).skip(" GMT").at_end()) return std::nullopt;
  return time_of(out);
}

std::optional<sys_seconds> parse_rfc850(std::string_view text, sys_seconds now) {
  fields out;
  scanner from{text};
  from.weekday(true).skip(", ").digits(2, out.day).skip("-").month(out.month).skip("-").digits(2, out.year).skip(" ");
  if (!from.time(out).skip(" GMT").at_end()) return std::nullopt;

  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  out.year += this_year - this_year % 100;
  if (out.year < this_year - 49) out.year += 100;
  if (out.year > this_year + 50) out.year -= 100;
  return time_of(out);
}

std::optional<sys_seconds> parse_asctime(std::string_view text) {
  fields out;
  scanner from{text};
  from.weekday(false).skip(" ").month(out.month).skip(" ");
  if (from.next_is(' '))
    from.skip(" ").digits(1, out.day);
  else
    from.digits(2, out.day);
  from.skip(" ");
  if (!from.time(out).skip(" ").digits(4, out.year).at_end()) return std::nullopt;
  return time_of(out);
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, sys_seconds now) {
  text = detail::trimmed(text);
  if (const auto time = parse_fixdate(text)) return time;
  if (const auto time = parse_rfc850(text, now)) return time;
  return parse_asctime(text);
}

std::string format_http_date(sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) throw std::invalid_argument{"a year that no HTTP date can have"};

  std::array<char, 32> out{};
  const int size = std::snprintf(out.data(), out.size(), "%.3s, %02u %s %04d %02d:%02d:%02d GMT",
                                 std::string{weekdays[std::chrono::weekday{day}.c_encoding()]}.c_str(),
                                 static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                                 year, static_cast<int>(clock.hours().count()),
                                 static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, sys_seconds now) {
  text = detail::trimmed(text);
  std::chrono::seconds wait{0};
  if (!text.empty() && std::ranges::all_of(text, detail::is_digit)) {
    for (const char digit : text) wait = std::min(wait * 10 + std::chrono::seconds{digit - '0'}, longest_wait);
    return wait;
  }
  const auto time = parse_http_date(text, now);
  if (!time) return std::nullopt;
  return std::clamp<std::chrono::seconds>(*time - now, std::chrono::seconds{0}, longest_wait);
}

}  // namespace weft::http
