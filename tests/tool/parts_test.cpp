#include <gtest/gtest.h>

#include <string>
#include <vector>
#include <weft/http/headers.hpp>

#include "body_file.hpp"
#include "fetch_record.hpp"
#include "fetch_statistics.hpp"
#include "json_text.hpp"
#include "latency_histogram.hpp"
#include "url_list.hpp"

using namespace weft::tool;
using namespace std::chrono_literals;

namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, EscapesWhatJsonDemands) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("plain /text~"), R"("plain /text~")");
  EXPECT_EQ(json("\"\\\n\r\t"), R"("\"\\\n\r\t")");
  EXPECT_EQ(json(std::string_view{"\0\x1f\x7f", 3}), "\"\\u0000\\u001f\x7f\"");
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"), "\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80\"");
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(json("a\xff"
                 "b"),
            "\"a" + r + "b\"");
  EXPECT_EQ(json("\xc3"), "\"" + r + "\"");                          // ends too early
  EXPECT_EQ(json("\xc0\xaf"), "\"" + r + r + "\"");                  // overlong
  EXPECT_EQ(json("\xed\xa0\x80"), "\"" + r + r + r + "\"");          // a surrogate
  EXPECT_EQ(json("\xf4\x90\x80\x80"), "\"" + r + r + r + r + "\"");  // above U+10FFFF
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
  EXPECT_FALSE(is_utf8("abc\x80"));
}

TEST(JsonText, WritesBase64) {
  const auto base64 = [](std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
  };
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
}

TEST(FetchRecord, IsOneLineOfJson) {
  weft::http::headers fields;
  fields.add("Server", "x");
  fields.add("Set-Cookie", "a=1");
  fields.add("Via", "\"v\"");
  fields.add("SET-COOKIE", "b=2");
  const std::string body = "hello";
  std::string out;
  append_json(out, {.url = "http://a/",
                    .status = 200,
                    .headers = &fields,
                    .bytes = 5,
                    .duration = 1'234'567ns,
                    .attempts = 1,

                    .body = &body});
  EXPECT_EQ(out, R"({"url":"http://a/","status":200,"headers":{"server":"x","set-cookie":["a=1","b=2"],"via":"\"v\""},)"
                 R"("bytes":5,"milliseconds":1.234,"attempts":1,"error":null,"body":"hello"})"
                 "\n");
  out.clear();
  append_json(out, {.url = "x", .kind = failure::url, .message = "no \"scheme\""});
  EXPECT_EQ(out, R"({"url":"x","status":null,"headers":{},"bytes":0,"milliseconds":0.000,"attempts":0,)"
                 R"("error":{"kind":"url","message":"no \"scheme\""}})"
                 "\n");
}

TEST(FetchRecord, TellsWhereABodyCameFromAndWentTo) {
  const std::string file = "out/a \"b\"";
  std::string out;
  append_json(out, {.url = "http://a/", .final_url = "https://b/", .status = 204, .attempts = 2, .file = &file});
  EXPECT_EQ(out, R"({"url":"http://a/","final_url":"https://b/","status":204,"headers":{},"bytes":0,)"
                 R"("milliseconds":0.000,"attempts":2,"error":null,"file":"out/a \"b\""})"
                 "\n");
}

TEST(BodyFile, LiesWhereItsUrlSays) {
  const auto place = [](std::string_view url) { return file_of(weft::http::url{url}).string(); };
  EXPECT_EQ(place("http://example.org"), "example.org/index.html");
  EXPECT_EQ(place("https://example.org:8443/a/b.txt"), "example.org:8443/a/b.txt");
  EXPECT_EQ(place("http://example.org/a//b/"), "example.org/a/b/index.html");
  EXPECT_EQ(place("http://example.org/a?b=c/d&e=%2F#f"), "example.org/a?b=c%2Fd&e=%2F");
  EXPECT_EQ(place("http://example.org/%2e%2e/..%2f..%2Fetc/x"), "example.org/..%2f..%2Fetc/x");
  EXPECT_EQ(place("http://[::1]/"), "[::1]/index.html");

  const std::string_view host = "http://example.org/";
  const std::string longest(200, 'n');
  EXPECT_EQ(place(std::string{host} + longest), "example.org/" + longest);
  const std::string cut = place(std::string{host} + longest + "1");
  EXPECT_EQ(cut.size(), std::string{"example.org/"}.size() + 200);
  EXPECT_NE(cut, place(std::string{host} + longest + "2"));
}

TEST(LatencyHistogram, GivesPercentilesWithinAThirtySecond) {
  latency_histogram none;
  EXPECT_EQ(none.percentile(0.5), 0ns);

  latency_histogram latencies;
  for (int i = 1; i <= 10'000; ++i) latencies.add(std::chrono::microseconds{i * 7});
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = share * 70'000;
    const double found = std::chrono::duration<double, std::micro>{latencies.percentile(share)}.count();
    EXPECT_GE(found, exact - 1);
    EXPECT_LE(found, exact * 33 / 32 + 1);
  }
  EXPECT_EQ(latencies.longest(), 70ms);
}

TEST(LatencyHistogram, TakesTheShortestAndTheLongest) {
  latency_histogram latencies;
  latencies.add(-1ns);
  latencies.add(0ns);
  latencies.add(std::chrono::hours{24 * 365});
  EXPECT_EQ(latencies.percentile(0.5), 0ns);
  EXPECT_GT(latencies.percentile(1), std::chrono::hours{24 * 12});
}

TEST(FetchStatistics, ReadsWell) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
  EXPECT_EQ(readable(830us), "830 us");
  EXPECT_EQ(readable(1'240us), "1.24 ms");
  EXPECT_EQ(readable(999'990us), "1000 ms");
  EXPECT_EQ(readable(12'300ms), "12.3 s");
  EXPECT_EQ(readable(125s), "2:05 min");
  EXPECT_EQ(readable(12'000s), "3:20:00 h");
  EXPECT_EQ(readable_size(999), "999 B");
  EXPECT_EQ(readable_size(1'500'000), "1.5 MB");
  EXPECT_EQ(readable_size(999'990'000), "1.0 GB");
}

TEST(UrlList, CutsAListIntoLinesWhereverItIsCut) {
  const std::string text = "one\n\n  two \r\n\t\nthree";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    line_splitter splitter;
    std::vector<std::string> lines;
    splitter.feed(std::string_view{text}.substr(0, cut), lines);
    splitter.feed(std::string_view{text}.substr(cut), lines);
    splitter.finish(lines);
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"})) << cut;
  }
}

TEST(UrlList, KeepsOnlyTheBeginningOfALineThatIsTooLong) {
  line_splitter splitter;
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) splitter.feed(std::string(10'000, 'x'), lines);
  splitter.feed("\nnext\n", lines);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), line_splitter::longest_line + 1);
  EXPECT_EQ(lines[1], "next");
}

}  // namespace
