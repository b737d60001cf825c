#include <gtest/gtest.h>

#include <chrono>
#include <http/set_cookie.hpp>
#include <optional>
#include <string_view>

using namespace std::chrono_literals;

namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using weft::http::detail::default_path;
using weft::http::detail::parse_cookie_date;

constexpr sys_seconds expected = sys_days{year{2027} / 4 / 18} + 21h + 6min + 9s;

TEST(CookieDate, TakesAllThatServersEverSent) {
  for (const char* text : {
           "Sun, 18 Apr 2027 21:06:09 GMT",
           "Sun, 18-Apr-2027 21:06:09 GMT",
           "Sunday, 18-Apr-27 21:06:09 GMT",
           "Sun Apr 18 21:06:09 2027",
           "18 apr 27 21:6:9",
           "21:06:09 2027 april 18",
           "18th/APRIL/2027;21:06:09x",
           "  ,,18(Apr)2027,,21:06:09 PST",
           "18 Apr 2027 21:06:09 31 Dec 1999 23:59:59",
       })
    EXPECT_EQ(parse_cookie_date(text), expected) << text;
}

TEST(CookieDate, KnowsTwoDigitYears) {
  EXPECT_EQ(parse_cookie_date("1 Jan 70 00:00:00"), sys_days{year{1970} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("1 Jan 99 00:00:00"), sys_days{year{1999} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("1 Jan 69 00:00:00"), sys_days{year{2069} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("1 Jan 00 00:00:00"), sys_days{year{2000} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("1 Jan 1601 00:00:00"), sys_days{year{1601} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("31 Dec 9999 23:59:59"), sys_days{year{9999} / 12 / 31} + 24h - 1s);
}

TEST(CookieDate, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "x",
                           "18 Apr 2027",
                           "21:06:09 18 Apr",
                           "21:06:09 Apr 2027",
                           "18 2027 21:06:09",
                           "0 Apr 2027 21:06:09",
                           "32 Apr 2027 21:06:09",
                           "31 Apr 2027 21:06:09",
                           "29 Feb 2027 21:06:09",
                           "18 Apr 1600 21:06:09",
                           "18 Apr 2027 24:06:09",
                           "18 Apr 2027 21:60:09",
                           "18 Apr 2027 21:06:60",
                           "18 Apr 2027 21:06",
                           "18 Apr 2027 2106:09",
                           "18 Apr 20270 21:06:09",
                           "18 Apr 2027 21:006:09",
                           "18 Apr 2027 1:x:00",
                           "118 Apr 2027 21:06:09"})
    EXPECT_EQ(parse_cookie_date(text), std::nullopt) << text;
  EXPECT_NE(parse_cookie_date("29 Feb 2028 21:06:09"), std::nullopt);
}

TEST(CookiePath, IsTheRequestsWithoutItsLastSegment) {
  EXPECT_EQ(default_path("/"), "/");
  EXPECT_EQ(default_path("/a"), "/");
  EXPECT_EQ(default_path("/a/"), "/a");
  EXPECT_EQ(default_path("/a/b"), "/a");
  EXPECT_EQ(default_path(""), "/");
  EXPECT_EQ(default_path("a/b"), "/");
}

}  // namespace
