// Values at the edges of what types can hold and documents can say.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

namespace {

using namespace std::chrono_literals;

struct point {
  int x = 0;
  std::string name;
};
WEFT_DESCRIBE(point, x, name)

enum class level { low, middle, high };
WEFT_DESCRIBE_ENUM(level, low, middle, (high, named("HIGH")))

struct limited {
  std::vector<point> points;
  int multiple = 0;
  std::int64_t far = 0;
  std::uint8_t small = 0;
  std::chrono::milliseconds wait = 1s;
  level how = level::low;
  std::string name = "abc";
};
WEFT_DESCRIBE(limited, (points, defaulted, unique), (multiple, defaulted, multiple_of(3U)),
              (far, defaulted, multiple_of(-2)), (small, defaulted, ge(-5), le(1000), multiple_of(5)),
              (wait, defaulted, ge(std::chrono::seconds{1})), (how, defaulted, one_of(level::low, level::high)),
              (name, defaulted, min_length(2), max_length(4)))

std::string problems(std::string_view text) {
  limited value;
  std::string all;
  for (const weft::issue& one : weft::read_json(text, value).issues) all += to_string(one) + "\n";
  return all;
}

TEST(Limits, ElementsWithoutAnOrderAreComparedAsJson) {
  EXPECT_EQ(problems(R"({"points":[{"x":1,"name":"a"},{"x":1,"name":"b"},{"x":2,"name":"a"}]})"), "");
  EXPECT_EQ(problems(R"({"points":[{"x":1,"name":"a"},{"x":2,"name":"b"},{"name":"\u0061","x":1.0}]})"),
            "$.points: expected elements that are all different, got {\"x\":1,\"name\":\"a\"} more than once\n");
}

TEST(Limits, MultiplesKnowNoSigns) {
  for (const char* text : {R"({"multiple":-3})", R"({"multiple":-2147483646})", R"({"multiple":0})", R"({"far":-4})",
                           R"({"far":-9223372036854775808})", R"({"small":255})"})
    EXPECT_EQ(problems(text), "") << text;
  EXPECT_EQ(problems(R"({"multiple":-4})"), "$.multiple: expected a multiple of 3, got -4\n");
  EXPECT_EQ(problems(R"({"far":9223372036854775807})"), "$.far: expected a multiple of -2, got 9223372036854775807\n");
}

TEST(Limits, MessagesSayWhatDocumentsSay) {
  EXPECT_EQ(problems(R"({"wait":"PT0.5S"})"), "$.wait: expected at least \"PT1S\", got \"PT0.5S\"\n");
  EXPECT_EQ(problems(R"({"how":"middle"})"), "$.how: expected one of \"low\", \"HIGH\", got \"middle\"\n");
}

TEST(Limits, LengthsCountCodePoints) {
  for (const char* text :
       {R"({"name":"ab"})", R"({"name":"\ud83d\ude00\u00e4"})", R"({"name":"\u00e4\u00f6\u00fc\u00df"})"})
    EXPECT_EQ(problems(text), "") << text;
  EXPECT_EQ(problems(R"({"name":"\ud83d\ude00"})"),
            "$.name: expected at least 2 characters, got \"\xf0\x9f\x98\x80\"\n");
  EXPECT_EQ(problems(R"({"name":"\u00e4bcde"})"),
            "$.name: expected at most 4 characters, got \"\xc3\xa4"
            "bcde\"\n");
}

template <class T>
std::string back(std::string_view json) {
  T value{};
  const auto found = weft::read_json(json, value);
  return found.none() ? weft::to_json(value) : found.malformed_at ? "malformed" : "refused";
}

TEST(Limits, IntegersReachAllOfTheirType) {
  for (const char* text : {"9223372036854775807", "-9223372036854775808", "0"})
    EXPECT_EQ(back<std::int64_t>(text), text);
  EXPECT_EQ(back<std::uint64_t>("18446744073709551615"), "18446744073709551615");
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1e19", "0.5", "1e-1"})
    EXPECT_EQ(back<std::int64_t>(text), "refused") << text;
  for (const char* text : {"18446744073709551616", "-1", "1e20"})
    EXPECT_EQ(back<std::uint64_t>(text), "refused") << text;
  for (const char* text : {"1.0", "1e0", "10e-1", "1.000E+0"}) EXPECT_EQ(back<int>(text), "1") << text;
  EXPECT_EQ(back<int>("-0"), "0");
  EXPECT_EQ(back<unsigned>("-0.0"), "0");
}

TEST(Limits, RealsAreWrittenShortly) {
  const auto written = [](double value) { return weft::to_json(value); };
  EXPECT_EQ(written(0.125), "0.125");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(0), "0");
  EXPECT_EQ(written(100000), "100000");
  EXPECT_EQ(written(-999999999.999999), "-999999999.999999");
  EXPECT_EQ(written(0.000001), "0.000001");
  EXPECT_EQ(written(-999999999999999), "-999999999999999");
  EXPECT_EQ(written(9007199254740992), "9007199254740992");
  EXPECT_EQ(written(1e16), "1e+16");
  EXPECT_EQ(written(1.5e-7), "1.5e-07");
  EXPECT_EQ(weft::to_json(-0.000123F), "-0.000123");
  EXPECT_EQ(weft::to_json(16777216.0F), "16777216");
  EXPECT_EQ(weft::to_json(1e8F), "1e+08");
  EXPECT_EQ(written(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(written(5e-324), "5e-324");
  EXPECT_EQ(written(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(back<double>("1e400"), "refused");
  EXPECT_EQ(back<double>("1e-400"), "0");
  EXPECT_EQ(back<double>("-1e-400"), "-0");
  for (int i = -2000; i < 2000; ++i) {
    const double value = i / 64.0;
    EXPECT_EQ(weft::from_json<double>(written(value)), value);
  }
}

TEST(Limits, TextsOfEveryLengthAreWrittenWhole) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(weft::to_json(plain), '"' + plain + '"');
    for (std::size_t at = 0; at < size; ++at) {
      std::string special = plain;
      special[at] = '"';
      EXPECT_EQ(weft::to_json(special), '"' + plain.substr(0, at) + "\\\"" + plain.substr(at + 1) + '"');
      special[at] = '\x01';
      EXPECT_EQ(weft::to_json(special), '"' + plain.substr(0, at) + "\\u0001" + plain.substr(at + 1) + '"');
      special.replace(at, 1, "\xc3\xa4");
      EXPECT_EQ(weft::to_json(special), '"' + special + '"');
      special.resize(at + 1);
      EXPECT_THROW((void)weft::to_json(special), weft::validation_error);
    }
  }
}

TEST(Limits, TimesStayWithinFourDigitsOfAYear) {
  EXPECT_EQ(back<std::chrono::sys_seconds>(R"("0000-01-01T00:00:00+00:01")"), "refused");
  EXPECT_EQ(back<std::chrono::sys_seconds>(R"("9999-12-31T23:59:59-00:01")"), "refused");
  EXPECT_EQ(back<std::chrono::sys_seconds>(R"("9999-12-31T23:59:60Z")"), "refused");
  EXPECT_EQ(back<std::chrono::sys_seconds>(R"("0000-01-01T23:59:00+23:59")"), R"("0000-01-01T00:00:00Z")");
  EXPECT_EQ(back<std::chrono::sys_seconds>(R"("-0001-01-01T00:00:00Z")"), "refused");
  EXPECT_THROW((void)weft::to_json(2026y / 2 / 30), weft::validation_error);
  EXPECT_EQ(weft::to_json(2028y / 2 / 29), R"("2028-02-29")");
}

TEST(Limits, DurationsAreReadAsTheyWereWritten) {
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                   std::numeric_limits<std::int64_t>::max() / 2, -(std::int64_t{1} << 62)}) {
    const std::chrono::seconds duration{count};
    EXPECT_EQ(weft::from_json<std::chrono::seconds>(weft::to_json(duration)), duration) << count;
  }
  using real_seconds = std::chrono::duration<double>;
  EXPECT_EQ(weft::to_json(real_seconds{1.5}), R"("PT1.5S")");
  EXPECT_THROW((void)weft::to_json(real_seconds{std::nan("")}), weft::validation_error);
  EXPECT_THROW((void)weft::to_json(real_seconds{1e300}), weft::validation_error);
}

TEST(Limits, KeysAreTheSameHoweverTheyAreEscaped) {
  EXPECT_EQ(problems(R"({"multiple":3,"\u006dultiple":6})"), "$.multiple: expected each member once, got 6\n");
  EXPECT_EQ(back<std::string>(R"("\ud83d\ude00")"), "\"\xf0\x9f\x98\x80\"");
  for (const char* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83d\u0041")", R"("\ud83dx")"})
    EXPECT_EQ(back<std::string>(text), "malformed") << text;
}

}  // namespace
