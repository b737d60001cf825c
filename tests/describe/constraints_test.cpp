#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include <weft/describe.hpp>

#include "describe/types.hpp"

namespace {

struct limits {
  int from_one_to_nine = 5;
  unsigned count = 5;
  double ratio = 0.5;
  double price = 1;
  int even = 2;
  std::int64_t far = 0;
};
WEFT_DESCRIBE(limits, (from_one_to_nine, ge(1), le(9)), (count, ge(-1), lt(10)), (ratio, gt(0), lt(1)),
              (price, multiple_of(0.01)), (even, multiple_of(2)), (far, le(9'000'000'000)))

struct texts {
  std::string code = "ABC-123";
  std::string mail = "ada@example.org";
  std::string currency = "EUR";
  std::string name = "\xc3\xa4\xc3\xb6\xc3\xbc";
  std::optional<std::string> nick{};
};
WEFT_DESCRIBE(texts, (code, pattern("^[A-Z]{3}-[0-9]+$")), (mail, email), (currency, one_of("EUR", "USD")),
              (name, min_length(2), max_length(3)), (nick, min_length(3)))

struct collections {
  std::vector<std::string> tags;
  std::map<std::string, int> counts;
  std::set<int> primes;
  std::vector<bool> bits;
};
WEFT_DESCRIBE(collections, (tags, max_length(3), unique, each(min_length(1), pattern("^[a-z]*$"))),
              (counts, max_length(2), each(ge(0))), (primes, each(one_of(2, 3, 5, 7))), (bits, min_length(0)))

struct no_pattern {
  std::string text;
};
WEFT_DESCRIBE(no_pattern, (text, pattern("(")))

template <class T>
std::string problems(const T& value) {
  std::string all;
  for (const weft::issue& one : weft::issues_of(value)) all += to_string(one) + "\n";
  // What is read is judged as what was made.
  T read{};
  std::string read_problems;
  for (const weft::issue& one : weft::read_json(weft::to_json(value), read).issues)
    read_problems += to_string(one) + "\n";
  EXPECT_EQ(all, read_problems);
  return all;
}

TEST(Constraints, HoldForNumbers) {
  EXPECT_EQ(problems(limits{}), "");
  EXPECT_EQ(
      problems(limits{.from_one_to_nine = 0, .count = 10, .ratio = 1, .price = 0.015, .even = 3, .far = 9'000'000'001}),
      "$.from_one_to_nine: expected at least 1, got 0\n"
      "$.count: expected less than 10, got 10\n"
      "$.ratio: expected less than 1, got 1\n"
      "$.price: expected a multiple of 0.01, got 0.015\n"
      "$.even: expected a multiple of 2, got 3\n"
      "$.far: expected at most 9000000000, got 9000000001\n");
  EXPECT_EQ(problems(limits{.from_one_to_nine = 10, .ratio = 0, .price = 1234.56, .even = -4}),
            "$.from_one_to_nine: expected at most 9, got 10\n"
            "$.ratio: expected more than 0, got 0\n");
}

TEST(Constraints, HoldForTexts) {
  EXPECT_EQ(problems(texts{}), "");
  EXPECT_EQ(problems(texts{"abc-1", "ada@", "GBP", "\xc3\xa4", "no"}),
            "$.code: expected text that matches ^[A-Z]{3}-[0-9]+$, got \"abc-1\"\n"
            "$.mail: expected an e-mail address, got \"ada@\"\n"
            "$.currency: expected one of \"EUR\", \"USD\", got \"GBP\"\n"
            "$.name: expected at least 2 characters, got \"\xc3\xa4\"\n"
            "$.nick: expected at least 3 characters, got \"no\"\n");
  EXPECT_EQ(problems(texts{.name = "abcd"}), "$.name: expected at most 3 characters, got \"abcd\"\n");
}

TEST(Constraints, HoldForCollectionsAndTheirElements) {
  EXPECT_EQ(problems(collections{.tags = {"a", "b"}, .counts = {{"x", 0}}, .primes = {2, 7}, .bits = {true}}), "");
  EXPECT_EQ(problems(collections{
                .tags = {"a", "", "B", "a"}, .counts = {{"x", 0}, {"y", -1}, {"z", 1}}, .primes = {2, 4}, .bits = {}}),
            "$.tags: expected at most 3 elements, got 4 elements\n"
            "$.tags: expected elements that are all different, got \"a\" more than once\n"
            "$.tags[1]: expected at least 1 character, got \"\"\n"
            "$.tags[2]: expected text that matches ^[a-z]*$, got \"B\"\n"
            "$.counts: expected at most 2 elements, got 3 elements\n"
            "$.counts.y: expected at least 0, got -1\n"
            "$.primes[1]: expected one of 2, 3, 5, 7, got 4\n");
}

TEST(Constraints, KnowEMailAddresses) {
  const auto is_one = [](std::string_view text) { return problems(texts{.mail = std::string{text}}).empty(); };
  for (const char* text : {"a@b", "a.b+c@d-e.f.example", "o'neil@example.org", "!#$%&'*+/=?^_`{|}~-@x1.y2"})
    EXPECT_TRUE(is_one(text)) << text;
  for (const std::string& text :
       {std::string{"a"}, std::string{"@b"}, std::string{"a@"}, std::string{"a@b@c"}, std::string{"a b@c"},
        std::string{"a@b..c"}, std::string{"a@-b"}, std::string{"a@b-"}, std::string{"a@b."}, std::string{"a@b_c"},
        std::string{"\"a\"@b"}, std::string{"\xc3\xa4@b"}, "a@" + std::string(64, 'b'),
        std::string(250, 'a') + "@b.de"})
    EXPECT_FALSE(is_one(text)) << text;
}

TEST(Constraints, PatternsTakeLinearTime) {
  EXPECT_FALSE(weft::detail::regex{"^(a+)+$"}.matches(std::string(100'000, 'a') + "!"));
}

TEST(Constraints, APatternThatIsNoneIsToldOf) {
  try {
    (void)weft::issues_of(no_pattern{});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "pattern(\"(\"): missing ): (");
  }
}

TEST(Constraints, AreCheckedDeepInValues) {
  const shop::customer value{0, "a", shop::address{"s", "x"}, {{"s", "ok"}, {"s", "y"}}};
  EXPECT_EQ(problems(value),
            "$.id: expected at least 1, got 0\n"
            "$.home.city: expected at least 2 characters, got \"x\"\n"
            "$.others[1].city: expected at least 2 characters, got \"y\"\n");
  EXPECT_EQ(problems(std::map<std::string, shop::shape>{{"a b", shop::circle{-1}}}),
            "$['a b'].radius: expected more than 0, got -1\n");
  EXPECT_EQ(problems(std::pair<int, shop::job>{1, {"", 1, {}}}), "$[1].id: expected at least 1 character, got \"\"\n");
}

TEST(Validate, ThrowsEverythingThatIsWrong) {
  EXPECT_NO_THROW(weft::validate(shop::job{"a", 1, {}}));
  try {
    weft::validate(shop::job{"", 0, {}});
    FAIL();
  } catch (const weft::validation_error& error) {
    EXPECT_EQ(error.issues().size(), 2U);
  }
  EXPECT_EQ(weft::issues_of(std::vector<shop::job>(1000), 7).size(), 7U);
}

}  // namespace
