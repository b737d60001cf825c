#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <weft/describe.hpp>

namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
template <class Duration>
using sys_time = std::chrono::sys_time<Duration>;

template <class T>
std::string back(std::string_view text) {
  T value{};
  const auto problems = weft::read_json('"' + std::string{text} + '"', value);
  return problems.none() ? weft::to_json(value) : "refused";
}

TEST(JsonTime, IsReadWithAnyOffset) {
  const sys_seconds expected = sys_days{2026y / 11 / 21} + 7h + 57min + 56s;
  for (const char* text : {"2026-11-21T07:57:56Z", "2026-11-21t07:57:56z", "2026-11-21 07:57:56Z",
                           "2026-11-21T09:57:56+02:00", "2026-11-20T20:12:56-11:45", "2026-11-21T07:57:56.999-00:00"})
    EXPECT_EQ(weft::from_json<sys_seconds>('"' + std::string{text} + '"'), expected) << text;
}

TEST(JsonTime, IsWrittenWithTheDigitsOfItsType) {
  EXPECT_EQ(back<sys_seconds>("2026-11-21T07:57:56.75Z"), "\"2026-11-21T07:57:56Z\"");
  EXPECT_EQ(back<sys_time<std::chrono::milliseconds>>("2026-11-21T07:57:56.75Z"), "\"2026-11-21T07:57:56.750Z\"");
  EXPECT_EQ(back<sys_time<std::chrono::nanoseconds>>("2026-11-21T07:57:56.7512345678Z"),
            "\"2026-11-21T07:57:56.751234567Z\"");
  EXPECT_EQ(back<sys_time<std::chrono::minutes>>("2026-11-21T07:57:56Z"), "\"2026-11-21T07:57:00Z\"");
  EXPECT_EQ(back<sys_time<std::chrono::milliseconds>>("1969-12-31T23:59:59.9996Z"), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(back<sys_seconds>("1969-12-31T23:59:59Z"), "\"1969-12-31T23:59:59Z\"");
  EXPECT_EQ(back<sys_seconds>("0000-01-01T00:00:00Z"), "\"0000-01-01T00:00:00Z\"");
  EXPECT_EQ(back<sys_seconds>("9999-12-31T23:59:59Z"), "\"9999-12-31T23:59:59Z\"");
  EXPECT_EQ(back<sys_seconds>("2016-12-31T23:59:60Z"), "\"2017-01-01T00:00:00Z\"");
  EXPECT_EQ(back<std::chrono::system_clock::time_point>("2026-11-21T07:57:56.5Z"),
            "\"2026-11-21T07:57:56.500000000Z\"");
}

TEST(JsonTime, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T07:57:56", "2026-11-21T07:57Z", "2026-13-21T07:57:56Z", "2026-02-29T07:57:56Z",
        "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z", "2026-11-21T07:57:61Z", "2026-11-21T07:57:56.Z",
        "2026-11-21T07:57:56+0200", "2026-11-21T07:57:56+24:00", "2026-11-21T07:57:56Zx", "26-11-21T07:57:56Z",
        "+2026-11-21T07:57:56Z", "2026-11-21T07:57:56,5Z", "now"})
    EXPECT_EQ(back<sys_seconds>(text), "refused") << text;
  EXPECT_EQ(back<sys_time<std::chrono::nanoseconds>>("2300-01-01T00:00:00Z"), "refused");
  EXPECT_EQ(back<sys_time<std::chrono::nanoseconds>>("1600-01-01T00:00:00Z"), "refused");
}

TEST(JsonTime, KnowsDates) {
  EXPECT_EQ(back<sys_days>("2024-02-29"), "\"2024-02-29\"");
  EXPECT_EQ(back<std::chrono::year_month_day>("1582-10-15"), "\"1582-10-15\"");
  for (const char* text : {"2023-02-29", "2024-2-29", "2024-02-29T00:00:00Z", "2024-00-01", "2024-01-00", "20240229"})
    EXPECT_EQ(back<sys_days>(text), "refused") << text;
}

TEST(JsonTime, KnowsDurations) {
  EXPECT_EQ(back<std::chrono::seconds>("PT90S"), "\"PT1M30S\"");
  EXPECT_EQ(back<std::chrono::seconds>("P1W2DT3H4M5S"), "\"PT219H4M5S\"");
  EXPECT_EQ(back<std::chrono::milliseconds>("-PT0.25S"), "\"-PT0.25S\"");
  EXPECT_EQ(back<std::chrono::milliseconds>("-PT61.5S"), "\"-PT1M1.5S\"");
  EXPECT_EQ(back<std::chrono::nanoseconds>("PT0.000000001S"), "\"PT0.000000001S\"");
  EXPECT_EQ(back<std::chrono::hours>("P1D"), "\"PT24H\"");
  EXPECT_EQ(back<std::chrono::seconds>("PT0S"), "\"PT0S\"");
  EXPECT_EQ((back<std::chrono::duration<double>>("PT1.5S")), "\"PT1.5S\"");
  EXPECT_EQ(weft::to_json(std::chrono::seconds::min()), "\"-PT2562047788015215H30M8S\"");
  EXPECT_EQ(weft::from_json<std::chrono::milliseconds>("\"PT1H\""), 1h);
}

TEST(JsonTime, RefusesDurationsThatDoNotFit) {
  for (const char* text : {"", "P", "PT", "P1", "1S", "PT1", "P1Y", "P1M", "PT1.S", "PT.5S", "PT1.5H", "PT1S1M", "P1DT",
                           "PT1S ", "pt1s", "PT-1S", "PT1.5S1S", "P99999999999999999999D", "PT1H1H"})
    EXPECT_EQ(back<std::chrono::nanoseconds>(text), "refused") << text;
  EXPECT_EQ(back<std::chrono::seconds>("PT1.5S"), "refused");
  EXPECT_EQ(back<std::chrono::hours>("PT30M"), "refused");
  EXPECT_EQ(back<std::chrono::nanoseconds>("P200000D"), "refused");
}

TEST(Uuid, IsReadAndWrittenAsText) {
  const auto id = weft::uuid::parse("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes[0], 0xf8);
  EXPECT_EQ(id->bytes[15], 0xf6);
  EXPECT_EQ(id->str(), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(back<weft::uuid>("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"");
  for (const char* text : {"", "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
                           "f81d4fae-7dec-11d0-a765-00a0c91e6bfg", "f81d4fae-7dec-11d0-a76500-a0c91e6bf6",
                           "{81d4fae-7dec-11d0-a765-00a0c91e6bf6}"})
    EXPECT_EQ(back<weft::uuid>(text), "refused") << text;
}

TEST(Uuid, RandomOnesAreOfVersion4AndDiffer) {
  const weft::uuid one = weft::uuid::random();
  const weft::uuid other = weft::uuid::random();
  EXPECT_NE(one, other);
  EXPECT_EQ(one.str()[14], '4');
  EXPECT_NE(std::string_view{"89ab"}.find(one.str()[19]), std::string_view::npos);
  EXPECT_EQ(std::hash<weft::uuid>{}(one), std::hash<weft::uuid>{}(one));
}

}  // namespace
