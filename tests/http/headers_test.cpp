#include <gtest/gtest.h>

#include <concepts>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/headers.hpp>

namespace {

using weft::http::headers;

static_assert(std::forward_iterator<headers::iterator>);

std::string text_of(const headers& fields) {
  std::string out;
  for (const auto [name, value] : fields) out.append(name).append("=").append(value).append(";");
  return out;
}

std::string refusal(std::string_view name, std::string_view value) {
  headers fields;
  try {
    fields.add(name, value);
  } catch (const std::invalid_argument& error) {
    EXPECT_TRUE(fields.empty());
    return error.what();
  }
  return "accepted";
}

TEST(Headers, KeepOrderCaseAndRepetitions) {
  headers fields;
  fields.add("Set-Cookie", "a=1");
  fields.add("content-type", "text/plain");
  fields.add("SET-COOKIE", "b=2");
  EXPECT_EQ(text_of(fields), "Set-Cookie=a=1;content-type=text/plain;SET-COOKIE=b=2;");
  EXPECT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[1].name, "content-type");
  EXPECT_EQ(fields.wire(), "Set-Cookie: a=1\r\ncontent-type: text/plain\r\nSET-COOKIE: b=2\r\n");
}

TEST(Headers, AreFoundWithoutRegardToCase) {
  headers fields;
  fields.add("Set-Cookie", "a=1");
  fields.add("set-cookie", "b=2");
  EXPECT_EQ(fields.get("sEt-cOOkie"), "a=1");
  EXPECT_EQ(fields.get_all("SET-COOKIE"), (std::vector<std::string_view>{"a=1", "b=2"}));
  EXPECT_EQ(fields.get("Set-Cookie2"), std::nullopt);
  EXPECT_TRUE(fields.contains("set-cookie"));
  EXPECT_FALSE(fields.contains(""));
  EXPECT_TRUE(fields.get_all("Host").empty());
}

TEST(Headers, CaseMeansLettersOnly) {
  headers fields;
  fields.add("a^b", "1");  // ^ and ~ differ by the bit that makes letters small
  EXPECT_FALSE(fields.contains("a~b"));
}

TEST(Headers, SetReplacesTheFirstWhereItStandsAndDropsTheOthers) {
  headers fields;
  fields.add("A", "1");
  fields.add("B", "2");
  fields.add("a", "3");
  fields.add("C", "4");
  fields.set("a", "a longer value");
  EXPECT_EQ(text_of(fields), "a=a longer value;B=2;C=4;");
  fields.set("A", "");
  EXPECT_EQ(text_of(fields), "A=;B=2;C=4;");
  fields.set("D", "5");
  EXPECT_EQ(text_of(fields), "A=;B=2;C=4;D=5;");
  EXPECT_EQ(fields.wire(), "A: \r\nB: 2\r\nC: 4\r\nD: 5\r\n");
}

TEST(Headers, RemoveDropsAllOfAName) {
  headers fields;
  for (const char* value : {"1", "22", "333"}) {
    fields.add("X", value);
    fields.add("Y", value);
  }
  EXPECT_EQ(fields.remove("x"), 3U);
  EXPECT_EQ(fields.remove("x"), 0U);
  EXPECT_EQ(text_of(fields), "Y=1;Y=22;Y=333;");
  EXPECT_EQ(fields.remove(fields[2].name), 3U);  // a view into what is being changed
  EXPECT_TRUE(fields.empty());
  EXPECT_EQ(fields.wire(), "");
}

TEST(Headers, TakeViewsIntoThemselves) {
  headers fields;
  fields.add("First", "a value that is longer than what strings keep inside themselves");
  for (int i = 0; i < 20; ++i) fields.add(fields[0].name, fields[0].value);
  EXPECT_EQ(fields.size(), 21U);
  for (const auto each : fields) EXPECT_EQ(each, fields[0]);
  fields.add("Second", "x");
  fields.set("second", fields[0].value);
  EXPECT_EQ(fields.get("second"), fields[0].value);
  fields.set(fields[0].name, fields[21].name);
  EXPECT_EQ(text_of(fields), "First=second;second=a value that is longer than what strings keep inside themselves;");
}

TEST(Headers, DropSpaceAroundTheValue) {
  headers fields;
  fields.add("A", " \t two  words \t");
  fields.set("B", "  ");
  EXPECT_EQ(text_of(fields), "A=two  words;B=;");
}

TEST(Headers, RefuseNamesThatAreNoTokens) {
  EXPECT_EQ(refusal("", "x"), "empty header field name");
  EXPECT_EQ(refusal("Content Type", "x"), R"(byte " " in the header field name "Content Type")");
  EXPECT_EQ(refusal("Host:", "x"), R"(byte ":" in the header field name "Host:")");
  EXPECT_EQ(refusal("H\xc3\xb6st", "x"), R"(byte 0xc3 in the header field name "H\xc3\xb6st")");
  EXPECT_EQ(refusal("A\r\nB", "x"), R"(byte 0x0d in the header field name "A\r\nB")");
  EXPECT_EQ(refusal(std::string_view{"A\0", 2}, "x"), R"(byte 0x00 in the header field name "A\x00")");
  for (const char c : std::string_view{"\"(),/:;<=>?@[\\]{} \x7f"})
    EXPECT_NE(refusal(std::string{c}, "x"), "accepted") << c;
  EXPECT_EQ(refusal("!#$%&'*+-.^_`|~09azAZ", "x"), "accepted");
}

TEST(Headers, RefuseControlBytesInValues) {
  EXPECT_EQ(refusal("Location", "/a\r\nSet-Cookie: x"), "control byte 0x0d in the value of the header field Location");
  EXPECT_EQ(refusal("A", "x\ny"), "control byte 0x0a in the value of the header field A");
  EXPECT_EQ(refusal("A", std::string_view{"x\0y", 3}), "control byte 0x00 in the value of the header field A");
  EXPECT_EQ(refusal("A", "x\x7f"), "control byte 0x7f in the value of the header field A");
  EXPECT_EQ(refusal("A", "x\n"), "control byte 0x0a in the value of the header field A");  // not padding
  for (char c = 1; c < 0x20; ++c)
    EXPECT_EQ(refusal("A", std::string{'x', c, 'y'}) == "accepted", c == '\t') << static_cast<int>(c);
  EXPECT_EQ(refusal("A", "tab\tand caf\xc3\xa9"), "accepted");
}

TEST(Headers, AreAsTheyWereWhenSetRefuses) {
  headers fields;
  fields.add("A", "1");
  EXPECT_THROW(fields.set("A", "\n"), std::invalid_argument);
  EXPECT_EQ(text_of(fields), "A=1;");
}

TEST(Headers, CompareAsFieldsAreRead) {
  headers a;
  headers b;
  EXPECT_EQ(a, b);
  a.add("X", "1");
  EXPECT_NE(a, b);
  b.add("X", " 1 ");
  EXPECT_EQ(a, b);
  b.set("X", "2");
  EXPECT_NE(a, b);
}

TEST(Headers, ClearKeepsTheMemory) {
  headers fields;
  fields.add("Some-Name", "a value that is longer than what strings keep inside themselves");
  const void* const before = fields.wire().data();
  fields.clear();
  EXPECT_TRUE(fields.empty());
  EXPECT_EQ(fields.get("Some-Name"), std::nullopt);
  fields.add("Some-Name", "another value");
  EXPECT_EQ(fields.wire().data(), before);
}

}  // namespace
