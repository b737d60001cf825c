#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

#include "describe/types.hpp"

namespace {

using shop::customer;
using shop::job;

template <class T>
std::string errors(std::string_view text, const weft::json_read_options& options = {}) {
  T value{};
  const weft::json_problems problems = weft::read_json(text, value, options);
  std::string all;
  for (const weft::issue& one : problems.issues) all += to_string(one) + "\n";
  return all;
}

TEST(JsonReading, FillsNestedTypes) {
  const auto read = weft::from_json<customer>(
      R"( { "name" : "Ada", "others": [ {"city":"Paris","street":"x"} ] , "id":7, "home":{"street":"St James's","city":"London"} } )");
  EXPECT_EQ(read, (customer{7, "Ada", shop::address{"St James's", "London"}, {{"x", "Paris"}}}));
}

TEST(JsonReading, LeavesOptionalsEmptyThatAreNullOrMissing) {
  EXPECT_EQ(weft::from_json<job>(R"({"id":"a","steps":1})").note, std::nullopt);
  EXPECT_EQ(weft::from_json<job>(R"({"id":"a","steps":1,"note":null})").note, std::nullopt);
  EXPECT_EQ(weft::from_json<job>(R"({"id":"a","steps":1,"note":"n"})").note, "n");
}

TEST(JsonReading, TellsEverythingThatIsWrongAtOnce) {
  EXPECT_EQ(errors<job>(R"({"id": "", "steps": 1000})"),
            "$.id: expected at least 1 character, got \"\"\n"
            "$.steps: expected at most 100, got 1000\n");
  EXPECT_EQ(errors<customer>(
                R"({"id":"x","home":{"city":"L"},"others":[{"street":1,"city":[]},null,{"street":"s","city":"ok"}]})"),
            "$.id: expected an integer, got \"x\"\n"
            "$.home.city: expected at least 2 characters, got \"L\"\n"
            "$.home.street: expected a string, got nothing\n"
            "$.others[0].street: expected a string, got 1\n"
            "$.others[0].city: expected a string, got an array\n"
            "$.others[1]: expected an object, got null\n"
            "$.name: expected a string, got nothing\n");
}

TEST(JsonReading, ThrowsAllOfItInOneException) {
  try {
    (void)weft::from_json<job>(R"({"id": "", "steps": 1000})");
    FAIL();
  } catch (const weft::json_error& error) {
    EXPECT_FALSE(error.malformed());
    ASSERT_EQ(error.issues().size(), 2U);
    EXPECT_EQ(error.issues()[1], (weft::issue{"$.steps", "at most 100", "1000"}));
    EXPECT_STREQ(error.what(),
                 "2 errors: $.id: expected at least 1 character, got \"\"; $.steps: expected at most 100, got 1000");
  }
}

TEST(JsonReading, SaysWhereATextIsNotJson) {
  try {
    (void)weft::from_json<job>("{\"id\": \"\",\n \"steps\": 1000,\n \"\xc3\xa4\": tru }");
    FAIL();
  } catch (const weft::json_error& error) {
    ASSERT_TRUE(error.malformed());
    EXPECT_EQ(error.malformed_at()->offset, 34U);
    EXPECT_EQ(error.malformed_at()->line, 3U);
    EXPECT_EQ(error.malformed_at()->column, 7U);
    EXPECT_STREQ(error.what(), "$['\xc3\xa4']: expected a value, got \"t\" at line 3, column 7");
  }
}

TEST(JsonReading, DropsOrRefusesExtraMembers) {
  constexpr std::string_view text = R"({"id":"a","steps":1,"x":{"y":[1,2,{}]}})";
  EXPECT_EQ(errors<job>(text), "");
  EXPECT_EQ(errors<job>(text, {.refuse_extra_fields = true}), "$.x: expected no such member, got an object\n");
  EXPECT_EQ(errors<shop::box>(R"({"width":1,"depth":2,"height":3})"), "$.depth: expected no such member, got 2\n");
  EXPECT_EQ(errors<job>(R"({"id":"a","steps":1,"x":[1,,2]})"),
            "$.x[1]: expected a value, got \",\" at line 1, column 28\n");
}

TEST(JsonReading, RefusesMembersThatComeTwice) {
  EXPECT_EQ(errors<job>(R"({"id":"a","steps":1,"id":"b"})"), "$.id: expected each member once, got \"b\"\n");
  EXPECT_EQ((errors<std::map<std::string, int>>(R"({"a":1,"b":2,"a":3})")), "$.a: expected each member once, got 3\n");
}

TEST(JsonReading, KnowsMembersByTheirNamesWithEscapes) {
  EXPECT_EQ(weft::from_json<job>(R"({"\u0069d":"a","st\u0065ps":3})").steps, 3);
}

TEST(JsonReading, SaysWhichObjectHasAMemberWhoseNameIsBad) {
  // The names are too long to lie in a std::string itself.
  const std::string members = R"({"\u0061 name that needs more than that":1,"\n)" + std::string(100, 'b') + R"(\x":2})";
  const auto said = [](const std::string& path, const std::string& text) {
    const std::string column = std::to_string(text.find("\\x") + 2);
    return path + ": expected an escape that JSON has, got \"x\" at line 1, column " + column + "\n";
  };
  const std::string within = R"({"home":)" + members + "}";
  EXPECT_EQ(errors<weft::raw_json>(members), said("$", members));
  EXPECT_EQ(errors<weft::raw_json>(within), said("$.home", within));
  EXPECT_EQ(errors<job>(within), said("$.home", within));
  EXPECT_EQ(errors<customer>(within), said("$.home", within));
  using numbers = std::map<std::string, int>;
  EXPECT_EQ(errors<numbers>(members), said("$", members));
  EXPECT_EQ((errors<std::map<std::string, numbers>>(within)), said("$.home", within));
}

TEST(JsonReading, TakesIntegersThatFit) {
  EXPECT_EQ(weft::from_json<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(weft::from_json<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(weft::from_json<std::int8_t>(" -128 "), -128);
  EXPECT_EQ(weft::from_json<int>("2.50e2"), 250);
  EXPECT_EQ(weft::from_json<std::int64_t>("-92233720368547758.080e2"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(weft::from_json<std::uint64_t>("1.8446744073709551615E+19"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(weft::from_json<std::int64_t>("1e18"), 1'000'000'000'000'000'000);
  EXPECT_EQ(weft::from_json<int>("500000e-5"), 5);
  EXPECT_EQ(weft::from_json<int>("0.00005e5"), 5);
  EXPECT_EQ(weft::from_json<int>("0e99999999999999999999"), 0);
  EXPECT_EQ(weft::from_json<unsigned>("-0"), 0U);
  EXPECT_EQ(weft::from_json<unsigned>("-0.0"), 0U);
  EXPECT_EQ(errors<std::int8_t>("128"), "$: expected an integer from -128 to 127, got 128\n");
  EXPECT_EQ(errors<std::uint8_t>("-1"), "$: expected an integer from 0 to 255, got -1\n");
  EXPECT_EQ(errors<std::uint64_t>("18446744073709551616"),
            "$: expected an integer from 0 to 18446744073709551615, got 18446744073709551616\n");
  EXPECT_EQ(errors<int>("1.5"), "$: expected an integer, got 1.5\n");
  EXPECT_EQ(errors<int>("1e400"), "$: expected an integer from -2147483648 to 2147483647, got 1e400\n");
  EXPECT_EQ(errors<int>("1e99999999999999999999"),
            "$: expected an integer from -2147483648 to 2147483647, got 1e99999999999999999999\n");
  EXPECT_EQ(errors<int>("1e-99999999999999999999"), "$: expected an integer, got 1e-99999999999999999999\n");
  EXPECT_EQ(errors<int>("1.0000000000000000001"), "$: expected an integer, got 1.0000000000000000001\n");
  EXPECT_EQ(errors<std::int64_t>("9223372036854775808"),
            "$: expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808\n");
  EXPECT_EQ(errors<std::int64_t>("-9223372036854775809"),
            "$: expected an integer from -9223372036854775808 to 9223372036854775807, got -9223372036854775809\n");
  EXPECT_EQ(errors<unsigned>("-1e0"), "$: expected an integer from 0 to 4294967295, got -1e0\n");
  EXPECT_EQ(errors<int>("true"), "$: expected an integer, got true\n");
  EXPECT_EQ(errors<bool>("1"), "$: expected a boolean, got 1\n");
}

TEST(JsonReading, TakesTheNearestFloatingPointNumber) {
  EXPECT_EQ(weft::from_json<double>("0.1"), 0.1);
  EXPECT_EQ(weft::from_json<double>("17976931348623157e292"), std::numeric_limits<double>::max());
  EXPECT_EQ(weft::from_json<double>("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(weft::from_json<double>("1e-400"), 0);
  EXPECT_TRUE(std::signbit(weft::from_json<double>("-1e-400")));
  EXPECT_EQ(weft::from_json<double>("0e99999999999999999999"), 0);
  EXPECT_EQ(weft::from_json<double>("1e-99999999999999999999"), 0);
  EXPECT_EQ(weft::from_json<float>("16777217"), 16777216.0F);
  EXPECT_EQ(errors<double>("1e309"), "$: expected a number that is not too large for its type, got 1e309\n");
  EXPECT_EQ(errors<float>("1e39"), "$: expected a number that is not too large for its type, got 1e39\n");
  EXPECT_EQ(errors<double>("1e99999999999999999999"),
            "$: expected a number that is not too large for its type, got 1e99999999999999999999\n");
}

TEST(JsonReading, UnescapesStrings) {
  EXPECT_EQ(weft::from_json<std::string>(R"("a\"\\\/\b\f\n\r\t\u00e4\u20AC\ud83d\ude00z\u0000")"),
            std::string("a\"\\/\b\f\n\r\t\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z\0", 20));
  EXPECT_EQ(weft::from_json<std::string>("\"a long text with \xc3\xa4 in the middle\""),
            "a long text with \xc3\xa4 in the middle");
}

TEST(JsonReading, ReadsEnumeratorsByName) {
  EXPECT_EQ(weft::from_json<shop::state>(R"("finished")"), shop::state::done);
  EXPECT_EQ(errors<shop::state>(R"("done")"),
            "$: expected one of \"queued\", \"running\", \"finished\", got \"done\"\n");
  EXPECT_EQ(errors<shop::state>("2"), "$: expected one of \"queued\", \"running\", \"finished\", got 2\n");
}

TEST(JsonReading, TellsAlternativesByTheirTagWhereverItStands) {
  EXPECT_EQ(weft::from_json<shop::shape>(R"({"type":"circle","radius":2})"), shop::shape{shop::circle{2}});
  EXPECT_EQ(weft::from_json<shop::shape>(R"({"width":1,"height":2,"type":"box"})"), (shop::shape{shop::box{1, 2}}));
  EXPECT_EQ(
      errors<std::vector<shop::shape>>(R"([{"type":"ring"},{"radius":1},5,{"type":1},{"type":"circle","radius":0}])"),
      "$[0].type: expected one of \"circle\", \"box\", got \"ring\"\n"
      "$[1].type: expected one of \"circle\", \"box\", got no such string\n"
      "$[2]: expected an object, got 5\n"
      "$[3].type: expected one of \"circle\", \"box\", got no such string\n"
      "$[4].radius: expected more than 0, got 0\n");
  EXPECT_EQ(errors<shop::shape>(R"({"type":"circle","radius":1,"type":"box"})"),
            "$.type: expected each member once, got \"box\"\n");
}

TEST(JsonReading, TellsOtherAlternativesByTheirKind) {
  using any = decltype(shop::everything::any);
  EXPECT_EQ(weft::from_json<any>("null"), any{});
  EXPECT_EQ(weft::from_json<any>("-5"), any{std::int64_t{-5}});
  EXPECT_EQ(weft::from_json<any>("5.0"), any{5.0});
  EXPECT_EQ(weft::from_json<any>("\"5\""), any{std::string{"5"}});
  EXPECT_EQ(weft::from_json<any>("[5]"), (any{std::vector<int>{5}}));
  EXPECT_EQ(errors<any>("{}"), "$: expected null or an integer or a number or a string or an array, got an object\n");
}

TEST(JsonReading, WantsTuplesOfTheirSize) {
  using three = std::array<int, 3>;
  EXPECT_EQ(errors<three>("[1,2]"), "$: expected an array of 3 elements, got one of 2 elements\n");
  EXPECT_EQ(errors<three>("[1,2,3,4]"), "$: expected an array of 3 elements, got one of 4 elements\n");
  EXPECT_EQ(errors<three>("[1,true,3]"), "$[1]: expected an integer, got true\n");
  EXPECT_EQ(errors<std::set<int>>("[1,2,1]"),
            "$[2]: expected elements that are all different, got one more than once\n");
}

TEST(JsonReading, RefusesDepthBombs) {
  const std::string bomb(1'000'000, '[');
  EXPECT_EQ(
      errors<int>(bomb), "$" + [] {
        std::string path;
        for (int i = 0; i < 64; ++i) path += "[0]";
        return path;
      }() + ": expected nesting no deeper than 64, got \"[\" at line 1, column 65\n");
  EXPECT_EQ(errors<shop::job>("{\"x\":" + bomb).find(": expected nesting no deeper than 64"), 3U + 63 * 3);
  EXPECT_EQ(errors<std::vector<std::vector<int>>>("[[1]]", {.max_depth = 1}),
            "$[0]: expected nesting no deeper than 1, got \"[\" at line 1, column 2\n");
  EXPECT_EQ(errors<std::vector<std::vector<int>>>("[[1],[2],[3]]", {.max_depth = 2}), "");
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += R"({"value":1,"more":[)";
  EXPECT_NE(errors<shop::tree>(nested).find("nesting no deeper than 64"), std::string::npos);
}

TEST(JsonReading, RefusesWhatIsTooLarge) {
  EXPECT_EQ(errors<int>("  12", {.max_size = 3}),
            "$: expected at most 3 bytes of JSON, got \" \" at line 1, column 1\n");
  EXPECT_EQ(errors<int>("12", {.max_size = 2}), "");
}

TEST(JsonReading, EndsAfterSoManyErrors) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) text += "true,";
  std::vector<int> value;
  EXPECT_EQ(weft::read_json(text + "1]", value).issues.size(), 100U);
  EXPECT_EQ(weft::read_json(text + "1]", value, {.max_issues = 3}).issues.size(), 3U);
}

TEST(JsonReading, ReadsRecursiveTypes) {
  const auto root = weft::from_json<shop::tree>(R"({"value":1,"left":{"value":2,"left":null},"more":[{"value":3}]})");
  ASSERT_TRUE(root.left);
  EXPECT_EQ(root.left->value, 2);
  ASSERT_EQ(root.more.size(), 1U);
  EXPECT_EQ(root.more[0].value, 3);
}

TEST(JsonReading, KeepsRawValuesAsTheyWere) {
  EXPECT_EQ(weft::from_json<weft::raw_json>(" [1, 2.50 ,{}] ").text, "[1, 2.50 ,{}]");
  EXPECT_EQ(errors<weft::raw_json>("[1, 2.50 ,{]"),
            "$[2]: expected a member's name in quotes, got \"]\" at line 1, column 12\n");
}

TEST(JsonReading, CutsWhatItShowsShort) {
  EXPECT_EQ(errors<int>('"' + std::string(1000, 'x') + '"'),
            "$: expected an integer, got \"" + std::string(60, 'x') + "\"...\n");
  EXPECT_EQ(errors<int>(std::string(1000, '1')),
            "$: expected an integer from -2147483648 to 2147483647, got " + std::string(60, '1') + "...\n");
}

TEST(JsonReading, ReadsAnEmptyStruct) {
  EXPECT_EQ(errors<shop::empty>("{}"), "");
  EXPECT_EQ(errors<shop::empty>(R"({"a":1})"), "");
  EXPECT_EQ(errors<shop::empty>(R"({"a":1})", {.refuse_extra_fields = true}), "$.a: expected no such member, got 1\n");
}

}  // namespace
