#include <gtest/gtest.h>

#include <array>
#include <http/multipart_transcript.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <weft/http/multipart_parser.hpp>

namespace {

using weft::http::multipart_boundary;
using weft::http::multipart_event_kind;
using weft::http::multipart_limits;
using weft::http::multipart_parser;
using weft::http::protocol_error;
using weft::http::testing::multipart_transcript;
using weft::http::testing::run_multipart;

/// A form of one field whose boundary is `b`, but for what the test changes.
std::string form(const std::string& fields, const std::string& content = "1") {
  return "--b\r\n" + fields + "\r\n\r\n" + content + "\r\n--b--\r\n";
}

const std::string field_a = "Content-Disposition: form-data; name=\"a\"";

multipart_transcript run_whole(std::string_view body, const multipart_limits& limits = {}) {
  return run_multipart("b", body, [&](std::size_t) { return body.size(); }, limits);
}

std::string parsed(std::string_view body) {
  const multipart_transcript result = run_whole(body);
  EXPECT_EQ(result.why, "") << body;
  return result.events;
}

/// Why it is refused, whole and in pieces; and the status if it is not 400.
std::string refusal(std::string_view body, const multipart_limits& limits = {}) {
  const multipart_transcript whole = run_whole(body, limits);
  for (const std::size_t piece : {1U, 2U, 5U})
    EXPECT_NE(run_multipart("b", body, [=](std::size_t) { return piece; }, limits).why, "") << body;
  return (whole.status == 400 ? "" : std::to_string(whole.status) + " ") + whole.why;
}

TEST(MultipartParser, GivesEventsAndViews) {
  multipart_parser parser{"b"};
  const std::string body = form(field_a + "; filename=\"x.txt\"\r\nContent-Type: text/plain", "hello");
  std::string_view input = body;
  auto event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, multipart_event_kind::part);
  EXPECT_EQ(parser.name(), "a");
  EXPECT_EQ(parser.file_name(), "x.txt");
  EXPECT_EQ(parser.headers().get("content-type"), "text/plain");
  const char* const content = input.data();
  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, multipart_event_kind::data);
  EXPECT_EQ(event->bytes, "hello");
  EXPECT_EQ(static_cast<const void*>(event->bytes.data()), content) << "a view into the input";
  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, multipart_event_kind::end_of_part);
  EXPECT_FALSE(parser.done());
  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, multipart_event_kind::end);
  EXPECT_TRUE(parser.done());
  EXPECT_FALSE(parser.next(input));
  EXPECT_TRUE(input.empty());
  parser.finish();
}

TEST(MultipartParser, TakesWhatThereIs) {
  EXPECT_EQ(parsed("--b--\r\n"), "end");
  EXPECT_EQ(parsed("--b--"), "end");
  EXPECT_EQ(parsed(form(field_a, "")), "a=\nend");
  EXPECT_EQ(parsed(form(field_a, "--b\r\n")), "a=--b\r\n\nend") << "no boundary without a line break before it";
  EXPECT_EQ(parsed(form(field_a, "\r\n--c\r\r\n--\r\n-\r\n")), "a=\r\n--c\r\r\n--\r\n-\r\n\nend");
  EXPECT_EQ(parsed(form("content-disposition:FORM-DATA;NAME=a ;filename=b")), "a(b)=1\nend");
  EXPECT_EQ(parsed(form("Content-Disposition: form-data; name=\"\"; filename=\"\"")), "()=1\nend");
  EXPECT_EQ(parsed(form("Content-Disposition: form-data; name=\"a\\\"b\\\\c\\d\"; x=y; filename*=utf-8''z")),
            "a\"b\\c\\d=1\nend");
  EXPECT_EQ(parsed("--b\r\n" + field_a + "\r\n\r\n1\r\n--b\r\n" + field_a + "\r\n\r\n2\r\n--b--"), "a=1\na=2\nend");
}

TEST(MultipartParser, GivesTheSameInAnyPieces) {
  const std::string first = "--b\r\n" + field_a + "; filename=\"n\"\r\nX: y\r\n\r\n\r\n-\r\n--\r\n--\r\nb\r\r\n";
  const std::string second = "\r\n--b\r\n" + field_a + "\r\n\r\n\r\n--b--\r\n";
  for (const std::string& body : {first + second, first + "\r\n--bad", first, std::string{"--b\r\r\n"}}) {
    const multipart_transcript whole = run_whole(body);
    for (std::size_t one = 1; one < body.size(); ++one) {
      for (std::size_t two = one; two < body.size(); ++two) {
        const multipart_transcript split = run_multipart("b", body, [=](std::size_t at) {
          return at < one ? one - at : at < two ? two - at : std::string::npos;
        });
        ASSERT_EQ(split.why, whole.why) << one << " " << two;
        ASSERT_EQ(split.status, whole.status);
        if (whole.why.empty()) {
          ASSERT_EQ(split.events, whole.events) << one << " " << two;
        }
      }
    }
  }
}

TEST(MultipartParser, RefusesOtherFrames) {
  EXPECT_EQ(refusal("\r\n--b--"), "multipart form: it does not begin with its boundary");
  EXPECT_EQ(refusal("preamble\r\n--b--"), "multipart form: it does not begin with its boundary");
  EXPECT_EQ(refusal("--c--"), "multipart form: it does not begin with its boundary");
  EXPECT_EQ(refusal("--b \r\n"), "multipart form: something else than a line break behind a boundary: \" \\r\"");
  EXPECT_EQ(refusal("--b\n\n"), "multipart form: something else than a line break behind a boundary: \"\\n\\n\"");
  EXPECT_EQ(refusal("--b-\r\n"), "multipart form: something else than a line break behind a boundary: \"-\\r\"");
  EXPECT_EQ(refusal(form(field_a, "1\r\n--bc")),
            "multipart form: something else than a line break behind a boundary: \"c\\r\"");
  EXPECT_EQ(refusal("--b--\r\nepilogue"), "multipart form: bytes behind its end");
  EXPECT_EQ(refusal("--b--x"), "multipart form: bytes behind its end");
  EXPECT_EQ(refusal("--b--\r\n\r\n"), "multipart form: bytes behind its end");
}

TEST(MultipartParser, RefusesWhatIsCutOff) {
  const std::string whole = form(field_a);
  for (std::size_t size = 1; size < whole.size() - 2; ++size)
    EXPECT_EQ(refusal(whole.substr(0, size)), "multipart form: it ends too early") << size;
  EXPECT_THROW(multipart_parser{"b"}.finish(), protocol_error);
}

TEST(MultipartParser, RefusesBadHeaderFields) {
  EXPECT_EQ(refusal(form("X: y\n" + field_a)), "multipart form: bare LF in a header line: \"X: y\\n\"");
  EXPECT_EQ(refusal(form(field_a + "\r\n folded")), "multipart form: folded header line: \" folded\"");
  EXPECT_EQ(refusal(form("nonsense")), "multipart form: header line without a colon: \"nonsense\"");
  EXPECT_TRUE(refusal(form("X : y")).starts_with("multipart form: "));
  EXPECT_TRUE(refusal(form(": y")).starts_with("multipart form: "));
  EXPECT_TRUE(refusal(form("X: a\rb")).starts_with("multipart form: "));
  EXPECT_TRUE(refusal(form("X: a\x01")).starts_with("multipart form: "));
}

TEST(MultipartParser, RefusesPartsWithoutAName) {
  EXPECT_EQ(refusal(form("X: y")), "multipart form: a part without Content-Disposition");
  EXPECT_EQ(refusal("--b\r\n\r\n1\r\n--b--"), "multipart form: a part without Content-Disposition");
  EXPECT_EQ(refusal(form(field_a + "\r\n" + field_a)), "multipart form: a part with two Content-Disposition");
  EXPECT_EQ(refusal(form("Content-Disposition: attachment; name=a")),
            "multipart form: a part that is no form-data: \"attachment; name=a\"");
  EXPECT_EQ(refusal(form("Content-Disposition: form-data")), "multipart form: a part without a name: \"form-data\"");
  EXPECT_EQ(refusal(form("Content-Disposition: form-data; name=a; name=b")),
            "multipart form: a part with two names: \"form-data; name=a; name=b\"");
  EXPECT_EQ(refusal(form("Content-Disposition: form-data; name=\"a")),
            "multipart form: bad Content-Disposition: \"form-data; name=\\\"a\"");
  EXPECT_TRUE(refusal(form("Content-Disposition: form-data; name=a b")).starts_with("multipart form: bad"));
  EXPECT_TRUE(refusal(form("Content-Disposition: form-data; name=")).starts_with("multipart form: bad"));
}

TEST(MultipartParser, KeepsItsLimits) {
  const std::string two = "--b\r\n" + field_a + "\r\n\r\n1\r\n--b\r\n" + field_a + "\r\n\r\n2\r\n--b--";
  EXPECT_EQ(run_whole(two, {.parts = 2}).why, "");
  EXPECT_EQ(refusal(two, {.parts = 1}), "413 multipart form: more than 1 parts");
  EXPECT_EQ(run_whole(form(field_a, "12345"), {.part_bytes = 5}).why, "");
  EXPECT_EQ(refusal(form(field_a, "123456"), {.part_bytes = 5}), "413 multipart form: more than 5 bytes in \"a\"");
  EXPECT_EQ(run_whole(form(field_a), {.header_bytes = field_a.size() + 4}).why, "");
  EXPECT_EQ(
      refusal(form(field_a), {.header_bytes = field_a.size() + 3}),
      "431 multipart form: more than " + std::to_string(field_a.size() + 3) + " bytes of header fields in a part");
  EXPECT_EQ(refusal("--b\r\n" + std::string(1 << 20, 'x')),
            "431 multipart form: more than 8192 bytes of header fields in a part");
  EXPECT_EQ(run_whole(form(field_a + "\r\nX: y"), {.header_count = 2}).why, "");
  EXPECT_EQ(refusal(form(field_a + "\r\nX: y\r\nX: y"), {.header_count = 2}),
            "431 multipart form: more than 2 header fields in a part");
}

TEST(MultipartBoundary, IsInTheContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data ; charset=utf-8; Boundary=\"a:b/c\""), "a:b/c");
  const auto refused = [](const char* value) {
    try {
      return "accepted " + multipart_boundary(value);
    } catch (const protocol_error& error) {
      return std::to_string(error.status()) + " " + error.what();
    }
  };
  EXPECT_EQ(refused("text/plain; boundary=x"), "415 not a multipart form: \"text/plain; boundary=x\"");
  EXPECT_EQ(refused("multipart/mixed; boundary=x"), "415 not a multipart form: \"multipart/mixed; boundary=x\"");
  for (const char* value : {"multipart/form-data", "multipart/form-data; boundary=",
                            "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"a b\"",
                            "multipart/form-data; boundary=\"x", "multipart/form-data; boundary=x y"})
    EXPECT_EQ(
        refused(value), "400 multipart form: no boundary, or a bad one: \"" + [](std::string text) {
          for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
          return text;
        }(value) + "\"");
  EXPECT_TRUE(refused("multipart/form-data; boundary=x; boundary=y").starts_with("400 multipart form: two boundaries"));
  EXPECT_TRUE(refused(("multipart/form-data; boundary=" + std::string(71, 'x')).c_str()).starts_with("400 "));
  EXPECT_THROW(multipart_parser{"a b"}, std::invalid_argument);
}

}  // namespace
