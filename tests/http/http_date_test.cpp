#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <weft/http/http_date.hpp>

using namespace std::chrono_literals;

namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using weft::http::format_http_date;
using weft::http::parse_http_date;
using weft::http::parse_retry_after;

constexpr sys_seconds now = sys_days{year{2026} / 11 / 21} + 9h;
constexpr sys_seconds example = sys_days{year{1994} / 11 / 6} + 8h + 49min + 37s;

TEST(HttpDate, HasThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994", now), example + 240h);
  EXPECT_EQ(parse_http_date(" sun, 06 nov 1994 08:49:37 GMT "), example);
  EXPECT_EQ(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT", now), example) << "no Monday, but who cares";
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", now), sys_days{year{2017} / 1 / 1} - 1s);
}

TEST(HttpDate, PutsTwoDigitsIntoTheNearerCentury) {
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-76 00:00:00 GMT", now), sys_days{year{2076} / 1 / 1});
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-77 00:00:00 GMT", now), sys_days{year{1977} / 1 / 1});
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-00 00:00:00 GMT", now), sys_days{year{2000} / 1 / 1});
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-00 00:00:00 GMT", sys_days{year{2060} / 1 / 1}),
            sys_days{year{2100} / 1 / 1});
}

TEST(HttpDate, IsNothingElse) {
  for (const char* text : {"",
                           "0",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT x",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun 06 Nov 1994 08:49:37 GMT",
                           "Son, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 29 Feb 2023 08:49:37 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "Sun, 06  Nov 1994 08:49:37 GMT",
                           "1994-11-06T08:49:37Z"})
    EXPECT_EQ(parse_http_date(text, now), std::nullopt) << text;
}

TEST(HttpDate, IsWritten) {
  EXPECT_EQ(format_http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(now), "Sat, 21 Nov 2026 09:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days{year{1969} / 12 / 31} + 23h), "Wed, 31 Dec 1969 23:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days{year{800} / 1 / 1}), "Sat, 01 Jan 0800 00:00:00 GMT");
  EXPECT_THROW(static_cast<void>(format_http_date(sys_days{year{10000} / 1 / 1})), std::invalid_argument);
  for (sys_seconds time = now; time < now + 24h * 400; time += 24h + 61min + 1s)
    EXPECT_EQ(parse_http_date(format_http_date(time), now), time);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 09:02:00 GMT", now), 120s);
  EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 08:00:00 GMT", now), 0s) << "it has passed";
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", now), 24h * 365);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), 24h * 365);
  for (const char* text : {"", "-1", "+1", "1.5", "1s", "soon", "1 2"})
    EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
}

}  // namespace
