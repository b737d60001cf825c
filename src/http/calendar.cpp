#include "calendar.hpp"

#include <algorithm>
#include <array>

#include "characters.hpp"

namespace weft::http::detail {

unsigned month_number(std::string_view word) noexcept {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string_view begin = word.substr(0, 3);
  for (unsigned i = 0; i < months.size(); ++i)
    if (equal_ignoring_case(begin, months[i])) return i + 1;
  return 0;
}

std::optional<std::chrono::sys_seconds> time_of(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                                                unsigned second) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{std::min(second, 59U)};
}

}  // namespace weft::http::detail
