#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

// What is JSON and what is not, whatever type it is read into: as RFC 8259 has it, with nothing added.

namespace {

using namespace std::string_view_literals;

bool accepts(std::string_view text) {
  weft::raw_json value;
  return weft::read_json(text, value).none();
}

TEST(JsonGrammar, TakesWhatIsJson) {
  constexpr std::string_view texts[] = {
      "[]",
      "[[]   ]",
      "[\"\"]",
      "[false]",
      "[null, 1, \"1\", {}]",
      "[null]",
      " [1]",
      "[1\n]",
      "[1,null,null,null,2]",
      "[2] ",
      "[123e65]",
      "[0e+1]",
      "[0e1]",
      "[ 4]",
      "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
      "[20e1]",
      "[-0]",
      "[-123]",
      "[-1]",
      "[1E22]",
      "[1E-2]",
      "[1E+2]",
      "[123.456e78]",
      "[1e-2]",
      "[123.456789]",
      "[1e999999999999999999]",
      "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}",
      "{\"asd\":\"sdf\"}",
      "{\"a\":\"b\",\"a\":\"c\"}",
      "{}",
      "{\"\":0}",
      "{\"foo\\u0000bar\": 42}",
      "{\"a\":[]}",
      "{\n\"a\": \"b\"\n}",
      "[\"\\u0060\\u012a\\u12AB\"]",
      "[\"\\uD801\\udc37\"]",
      "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
      "[\"\\\\u0000\"]",
      "[\"a/*b*/c/*d//e\"]",
      "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xee\x80\x80\"]",
      "[\"\x7f\"]",
      "[\"\xe2\x80\xa8\"]",
      "\" \"",
      "42",
      "-0.1",
      "null",
      "true",
      "false",
      "\"\"",
      "\t\r\n 1\t\r\n ",
  };
  for (const std::string_view text : texts) EXPECT_TRUE(accepts(text)) << text;
}

TEST(JsonGrammar, RefusesWhatIsNot) {
  constexpr std::string_view texts[] = {
      ""sv,
      " "sv,
      "[1 true]"sv,
      "[\"\": 1]"sv,
      "[\"\"],"sv,
      "[,1]"sv,
      "[1,,2]"sv,
      "[\"x\"]]"sv,
      "[1,]"sv,
      "[\"x\""sv,
      "[x"sv,
      "[3[4]]"sv,
      "[,]"sv,
      "[-]"sv,
      "[   , \"\"]"sv,
      "[\"a\",\n4\n,1,"sv,
      "[\"\"],1"sv,
      "[*]"sv,
      "[1,\n1\n,1"sv,
      "[{}"sv,
      "[fals]"sv,
      "[nul]"sv,
      "[tru]"sv,
      "[True]"sv,
      "nulll"sv,
      "truefalse"sv,
      "[++1234]"sv,
      "[+1]"sv,
      "[-01]"sv,
      "[-1.0.]"sv,
      "[-2.]"sv,
      "[.-1]"sv,
      "[.2e-3]"sv,
      "[0.1.2]"sv,
      "[0.3e+]"sv,
      "[0.3e]"sv,
      "[0.e1]"sv,
      "[0E+]"sv,
      "[0E]"sv,
      "[1.0e+]"sv,
      "[1.0e-]"sv,
      "[1 000.0]"sv,
      "[2.e+3]"sv,
      "[9.e+]"sv,
      "[Inf]"sv,
      "[NaN]"sv,
      "[-NaN]"sv,
      "[Infinity]"sv,
      "[-Infinity]"sv,
      "[\xef\xbc\x91]"sv,
      "[1+2]"sv,
      "[0x1]"sv,
      "[1ea]"sv,
      "[-foo]"sv,
      "[- 1]"sv,
      "[-012]"sv,
      "[012]"sv,
      "01"sv,
      "-"sv,
      "1."sv,
      "1e"sv,
      "[1.8011670033376514H-308]"sv,
      "[\"x\", truth]"sv,
      "{[: \"x\"}"sv,
      "{\"x\", null}"sv,
      "{\"x\"::\"b\"}"sv,
      "{\"a\":\"a\" 123}"sv,
      "{key: 'value'}"sv,
      "{\"a\" b}"sv,
      "{:\"b\"}"sv,
      "{\"a\":"sv,
      "{\"a\""sv,
      "{1:1}"sv,
      "{null:null}"sv,
      "{\"id\":0,}"sv,
      "{\"id\":0,,}"sv,
      "{'a':0}"sv,
      "{\"a\":\"b\"}/**/"sv,
      "{\"a\":\"b\"}//"sv,
      "{\"a\":/*comment*/\"b\"}"sv,
      "{\"a\":\"b\",,\"c\":\"d\"}"sv,
      "{a: \"b\"}"sv,
      "{\"a\":\"a"sv,
      "{ \"foo\" : \"bar\", \"a\" }"sv,
      "{\"a\":\"b\"}#"sv,
      "{"sv,
      "[\"\\uD800\\\"]"sv,
      "[\"\\uD800\\u1\"]"sv,
      "[\"\\uD800\\u1x\"]"sv,
      "[\"\\uD800\"]"sv,
      "[\"\\uD800\\uD800\"]"sv,
      "[\"\\uD800\\u0041\"]"sv,
      "[\"\\uDC00\"]"sv,
      "[\"\\x00\"]"sv,
      "[\"\\\\\\\"]"sv,
      "[\"\\\t\"]"sv,
      "[\"\\a\"]"sv,
      "[\"\\uqqqq\"]"sv,
      "[\"\\u00A\"]"sv,
      "[\"\\"sv,
      "[\"\\u"sv,
      "[\"\\ud83d\\"sv,
      "[\"\\ud83d\\u"sv,
      "\""sv,
      "['single quote']"sv,
      "abc"sv,
      "[\"a\0a\"]"sv,
      "[\"new\nline\"]"sv,
      "[\"\t\"]"sv,
      "[\"\x1f long enough for words\"]"sv,
      "\"\\UA66D\""sv,
      "<.>"sv,
      "[1]x"sv,
      "1 2"sv,
      "]"sv,
      "[}"sv,
      "{]"sv,
      "[1}"sv,
      "{\"x\":true]"sv,
      "\xef\xbb\xbf{}"sv,
      "[\xe2\x81\xa0]"sv,
      "[\x0c]"sv,
      "[\0]"sv,
      "[]\0"sv,
      "123\0"sv,
      "{\"a\":1}\x85"sv,
      // Not UTF-8: cut short, overlong, surrogates, too large, stray.
      "[\"\xff\"]"sv,
      "[\"\x80\"]"sv,
      "[\"\xc0\xaf\"]"sv,
      "[\"\xc1\xbf\"]"sv,
      "[\"\xc3\"]"sv,
      "[\"\xe0\x80\xaf\"]"sv,
      "[\"\xe2\x82\"]"sv,
      "[\"\xed\xa0\x80\"]"sv,
      "[\"\xf0\x80\x80\xaf\"]"sv,
      "[\"\xf0\x9f\x98\"]"sv,
      "[\"\xf4\x90\x80\x80\"]"sv,
      "[\"\xf5\x80\x80\x80\"]"sv,
      "[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"sv,
      "{\"\xff\":1}"sv,
      "\"\xe2\x82"sv,
  };
  for (const std::string_view text : texts) EXPECT_FALSE(accepts(text)) << text;
}

TEST(JsonGrammar, RefusesEveryBeginningOfADocument) {
  constexpr std::string_view text =
      R"({"a": [1, -2.5e+3, true, null, "x\u00e4\ud83d\ude00"], "b": {"c": false, "d": {}}, "e": "ä"})";
  ASSERT_TRUE(accepts(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    // A copy of that size, so that a look beyond its end is seen.
    const std::vector<char> beginning(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(accepts({beginning.data(), beginning.size()})) << size;
  }
}

TEST(JsonGrammar, FindsSpecialBytesAtAnyPlaceInAString) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      const auto read = [&](std::string_view special) {
        std::string changed = '"' + text + '"';
        changed.replace(at + 1, 1, special);
        std::string value;
        return weft::read_json(changed, value).none() ? value : "refused";
      };
      const auto with = [&](std::string_view special) {
        std::string changed = text;
        return changed.replace(at, 1, special);
      };
      EXPECT_EQ(read("\x1f"), "refused");
      EXPECT_EQ(read("\x80"), "refused");
      EXPECT_EQ(read("\""), "refused");
      EXPECT_EQ(read(" "), with(" "));
      EXPECT_EQ(read("\x7f"), with("\x7f"));
      EXPECT_EQ(read("\\n"), with("\n"));
      EXPECT_EQ(read("\\u20ac"), with("\xe2\x82\xac"));
      EXPECT_EQ(read("\xe2\x82\xac"), with("\xe2\x82\xac"));
    }
  }
}

}  // namespace
