#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

#include "describe/types.hpp"

namespace {

using namespace std::chrono_literals;

shop::everything sample() {
  shop::everything value;
  value.flag = true;
  value.small = -128;
  value.large = std::numeric_limits<std::uint64_t>::max();
  value.real = 0.1;
  value.single = 16777216;
  value.text = "a \"b\" \\ \n \x01 \xc3\xa4";
  value.maybe = 3;
  value.bits = {true, false};
  value.three = {1, 2, 3};
  value.both = {"x", 1};
  value.mixed = {1, true, "y"};
  value.sorted = {{"a", 1}, {"b \"c\"", 2}};
  value.hashed = {{"k", {1, 2}}};
  value.words = {"one", "two"};
  value.any = 2.5;
  value.shapes = {shop::circle{1.5}, shop::box{2, 3}};
  value.now = shop::state::done;
  value.at = std::chrono::sys_days{2026y / 11 / 21} + 7h + 57min + 56s + 5ms;
  value.day = 2024y / 2 / 29;
  value.lasted = 90s + 500ms;
  value.id = *weft::uuid::parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  value.extra.text = R"({"any": [1]})";
  return value;
}

TEST(JsonWriting, WritesEveryKindOfType) {
  EXPECT_EQ(weft::to_json(sample()),
            R"({"flag":true,"small":-128,"large":18446744073709551615,"real":0.1,"single":16777216,)"
            R"("text":"a \"b\" \\ \n \u0001 ä","maybe":3,"bits":[true,false],"three":[1,2,3],"both":["x",1],)"
            R"("mixed":[1,true,"y"],"sorted":{"a":1,"b \"c\"":2},"hashed":{"k":[1,2]},"words":["one","two"],"any":2.5,)"
            R"("shapes":[{"type":"circle","radius":1.5},{"type":"box","width":2,"height":3}],"now":"finished",)"
            R"("at":"2026-11-21T07:57:56.005Z","day":"2024-02-29","lasted":"PT1M30.5S",)"
            R"("id":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","extra":{"any": [1]}})");
}

TEST(JsonWriting, IsReadAsTheSameAgain) {
  const shop::everything value = sample();
  EXPECT_EQ(weft::from_json<shop::everything>(weft::to_json(value)), value);
  EXPECT_EQ(weft::from_json<shop::everything>(weft::to_json(value, {.indent = 3})), value);
  EXPECT_EQ(weft::from_json<shop::everything>(weft::to_json(shop::everything{})), shop::everything{});
}

TEST(JsonWriting, WritesWhatIsMissingAsNullOrNotAtAll) {
  const shop::job value{"a", 1, std::nullopt};
  EXPECT_EQ(weft::to_json(value), R"({"id":"a","steps":1,"note":null})");
  EXPECT_EQ(weft::to_json(value, {.omit_null = true}), R"({"id":"a","steps":1})");
}

TEST(JsonWriting, Indents) {
  EXPECT_EQ(weft::to_json(shop::customer{1, "A", std::nullopt, {{"s", "c"}}}, {.indent = 2}),
            "{\n"
            "  \"id\": 1,\n"
            "  \"name\": \"A\",\n"
            "  \"home\": null,\n"
            "  \"others\": [\n"
            "    {\n"
            "      \"street\": \"s\",\n"
            "      \"city\": \"c\"\n"
            "    }\n"
            "  ]\n"
            "}");
  EXPECT_EQ(weft::to_json(std::vector<std::vector<int>>{{}, {1}}, {.indent = 1}), "[\n [],\n [\n  1\n ]\n]");
}

TEST(JsonWriting, WritesTheShortestDigitsThatReadTheSame) {
  for (const double value : {0.0, -0.0, 1.0, 0.1, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 123456.789, 1.0 / 3}) {
    const std::string text = weft::to_json(value);
    EXPECT_EQ(weft::from_json<double>(text), value) << text;
    EXPECT_EQ(std::signbit(weft::from_json<double>(text)), std::signbit(value));
  }
  EXPECT_EQ(weft::to_json(0.1), "0.1");
  EXPECT_EQ(weft::to_json(0.1F), "0.1");
  EXPECT_EQ(weft::to_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(JsonWriting, EscapesWhatItMust) {
  for (unsigned c = 0; c < 0x80; ++c) {
    const std::string text(1, static_cast<char>(c));
    EXPECT_EQ(weft::from_json<std::string>(weft::to_json(text)), text);
    // Far enough from the end for whole words, and behind some of them.
    const std::string longer = "0123456789" + text + "0123456789";
    EXPECT_EQ(weft::from_json<std::string>(weft::to_json(longer)), longer);
  }
  EXPECT_EQ(weft::to_json("\x7f/<>&"), "\"\x7f/<>&\"");
  EXPECT_EQ(weft::to_json(std::string(1000, '\x02')).size(), 6002U);
}

TEST(JsonWriting, RefusesWhatJsonCannotSay) {
  std::string out = "before";
  const auto problem = [&](const auto& value) -> std::string {
    try {
      weft::append_json(out, value);
      return "none";
    } catch (const weft::validation_error& error) {
      return error.what();
    }
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(problem(std::vector<double>{1, nan}), "$[1]: expected a number that is finite, got NaN");
  EXPECT_EQ(problem(-infinity), "$: expected a number that is finite, got -inf");
  EXPECT_EQ(problem(shop::customer{1, "a", shop::address{"s", "\xff"}, {}}),
            "$.home.city: expected text in UTF-8, got \"\\xff\"");
  EXPECT_EQ(problem(std::map<std::string, int>{{"\xc3", 1}}), "$['\\xc3']: expected text in UTF-8, got \"\\xc3\"");
  EXPECT_EQ(problem(std::chrono::sys_days{10000y / 1 / 1}),
            "$: expected a time between the years 0 and 9999, got 2932897 days since 1970");
  EXPECT_EQ(out, "before");
  EXPECT_EQ(problem(1), "none");
  EXPECT_EQ(out, "before1");
}

TEST(JsonWriting, WritesLargeDocuments) {
  const std::vector<std::string> texts(10'000, "some text with a \" in it");
  EXPECT_EQ(weft::from_json<std::vector<std::string>>(weft::to_json(texts)), texts);
  const std::string one(1'000'000, 'x');
  EXPECT_EQ(weft::to_json(one).size(), one.size() + 2);
}

TEST(JsonWriting, WritesTextThatSomebodyElseOwns) {
  EXPECT_EQ(weft::to_json(std::vector<std::string_view>{"a", "b"}), R"(["a","b"])");
  EXPECT_EQ(weft::to_json("literal"), R"("literal")");
}

}  // namespace
