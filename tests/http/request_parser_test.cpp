#include <gtest/gtest.h>

#include <cstddef>
#include <http/malformed_requests.hpp>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>

namespace {

using weft::http::http_version;
using weft::http::message_part;
using weft::http::parser_limits;
using weft::http::protocol_error;
using weft::http::request_parser;
using weft::http::testing::malformed_request;
using weft::http::testing::malformed_requests;
using weft::http::testing::run_request_parser;
using weft::http::testing::transcript;

TEST(RequestParser, GivesHeadBodyAndEnd) {
  request_parser parser;
  std::string_view input = "POST /a?b HTTP/1.1\r\nHost: example.org\r\nContent-Length: 5\r\n\r\nhelloGET /";
  EXPECT_FALSE(parser.started());

  auto event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::head);
  EXPECT_TRUE(parser.started());
  EXPECT_EQ(parser.head().method, "POST");
  EXPECT_EQ(parser.head().target, "/a?b");
  EXPECT_EQ(parser.head().version, http_version::http_1_1);
  EXPECT_EQ(parser.head().headers.get("host"), "example.org");
  EXPECT_FALSE(parser.keep_alive()) << "not before the end";

  const char* const body = input.data();
  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->bytes, "hello");
  EXPECT_EQ(static_cast<const void*>(event->bytes.data()), body) << "a view into the input";

  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::end);
  EXPECT_TRUE(parser.done());
  EXPECT_TRUE(parser.keep_alive());
  EXPECT_FALSE(parser.next(input));
  EXPECT_EQ(input, "GET /") << "the next request";
}

struct request_case {
  const char* text;
  const char* events;
  bool keep_alive;
  std::size_t left = 0;
};

class RequestParserBodies : public ::testing::TestWithParam<request_case> {};

TEST_P(RequestParserBodies, EndWhereTheyShould) {
  const request_case& each = GetParam();
  const transcript result = run_request_parser(each.text);
  EXPECT_EQ(result.why, "");
  EXPECT_EQ(result.events, each.events);
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.keep_alive, each.keep_alive);
  EXPECT_EQ(result.left, each.left);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9112, RequestParserBodies,
    ::testing::Values(
        request_case{"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody?", "head 1.1 GET / [Host|a]\nend\n", true, 5},
        request_case{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                     "head 1.1 POST / [Host|a] [Content-Length|0]\nend\n", true},
        request_case{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nab",
                     "head 1.1 GET / [Host|a] [Content-Length|2, 2]\nbody ab\nend\n", true},
        request_case{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n",
                     "head 1.1 PUT / [Host|a] [Transfer-Encoding|CHUNKED]\nbody abc\ntrailers [T|1]\nend\n", true},
        request_case{"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                     "head 1.1 HEAD / [Host|a] [Connection|close]\nend\n", false},
        request_case{"GET / HTTP/1.0\r\n\r\n", "head 1.0 GET /\nend\n", false},
        request_case{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                     "head 1.0 GET / [Connection|keep-alive]\nend\n", true},
        request_case{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\ntls", "head 1.1 CONNECT a:443 [Host|a:443]\nend\n",
                     false, 3},
        request_case{"\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n", "head 1.1 GET / [Host|]\nend\n", true}));

TEST(RequestParser, TakesTheFourFormsOfTarget) {
  const auto target = [](const std::string& line, const char* host = "a") {
    const transcript result = run_request_parser(line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return result.refused ? result.why : "accepted";
  };
  for (const char* line : {"GET /", "GET //a", "GET /a|b^{c}\\d?e\"f", "GET http://h/p?q", "PROPFIND coap+tcp://h",
                           "OPTIONS *", "OPTIONS /", "CONNECT h:1", "CONNECT [::1]:443", "M-SEARCH /"})
    EXPECT_EQ(target(line), "accepted") << line;
  for (const char* host : {"a", "A-b.c_d:80", "[::1]", "[::1]:80", "a:", "127.0.0.1", ""})
    EXPECT_EQ(target("GET /", host), "accepted") << host;
}

TEST(RequestParser, TellsWhatTheClientAsksFor) {
  const auto head_of = [](request_parser& parser, std::string_view text) {
    parser.reset();
    return parser.next(text).has_value();
  };
  request_parser parser;
  ASSERT_TRUE(
      head_of(parser, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"));
  EXPECT_TRUE(parser.wants_upgrade());
  EXPECT_FALSE(parser.expects_continue());
  ASSERT_TRUE(head_of(parser, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"));
  EXPECT_FALSE(parser.wants_upgrade()) << "Connection does not say so";
  ASSERT_TRUE(head_of(parser, "GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"));
  EXPECT_FALSE(parser.wants_upgrade());
  ASSERT_TRUE(head_of(parser, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n"));
  EXPECT_TRUE(parser.expects_continue());
  ASSERT_TRUE(head_of(parser, "PUT / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(parser.expects_continue());
}

TEST(RequestParser, ReadsPipelinedRequestsInTheSameMemory) {
  const std::string value(100, 'v');
  const std::string one = "POST /a/path/that/is/longer/than/strings/keep/inside HTTP/1.1\r\nHost: a\r\nX: " + value +
                          "\r\nContent-Length: 2\r\n\r\nok";
  const std::string text = one + one + one;
  std::string_view input = text;
  request_parser parser;
  const void* memory = nullptr;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(parser.next(input));
    if (i > 0) {
      EXPECT_EQ(parser.head().headers.wire().data(), memory);
    }
    memory = parser.head().headers.wire().data();
    while (parser.next(input)) {
    }
    EXPECT_TRUE(parser.keep_alive());
    parser.reset();
    EXPECT_FALSE(parser.started());
  }
  EXPECT_TRUE(input.empty());
  parser.finish();
  EXPECT_FALSE(parser.done()) << "no request came, and that is no fault";
}

TEST(RequestParser, GivesTheHeadAway) {
  request_parser parser;
  std::string_view input = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  ASSERT_TRUE(parser.next(input));
  EXPECT_EQ(parser.take_head().headers.size(), 2U);
  while (parser.next(input)) {
  }
  EXPECT_TRUE(parser.keep_alive()) << "does not look at the head again";
}

// ---- refusals ------------------------------------------------------------------------------------------------------

/// Why it is refused, whole; in pieces it must be refused too.
std::string refusal(const std::string& text, const parser_limits& limits = {}) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U})
    EXPECT_TRUE(run_request_parser(text, piece, limits).refused) << text << "\nin pieces of " << piece;
  const transcript whole = run_request_parser(text, text.size(), limits);
  EXPECT_TRUE(whole.refused) << text << "\n" << whole.events;
  return whole.why;
}

/// The status that the refusal carries; 0 if there is none.
int status_of(std::string_view text, const parser_limits& limits = {}) {
  request_parser parser{limits};
  try {
    while (parser.next(text)) {
    }
  } catch (const protocol_error& error) {
    return error.status();
  }
  return 0;
}

TEST(RequestRefusals, WhatIsMalformed) {
  for (const malformed_request& each : malformed_requests()) {
    const std::string why = refusal(each.bytes);
    EXPECT_EQ(why.substr(0, each.why.size()), each.why) << each.bytes;
    EXPECT_EQ(status_of(each.bytes), each.status) << each.bytes;
  }
}

TEST(RequestRefusals, ComeAtTheFirstByteThatTells) {
  request_parser parser;
  std::string_view input = "\x16";
  EXPECT_THROW(parser.next(input), protocol_error);
}

std::string with(std::string_view fields, std::string_view rest = "", std::string_view method = "POST") {
  return std::string{method} + " / HTTP/1.1\r\n" + std::string{fields} + "\r\n" + std::string{rest};
}

TEST(RequestRefusals, WhatIsTooMuch) {
  const std::string start = "GET /aaaaa HTTP/1.1\r\n";
  EXPECT_FALSE(run_request_parser(start + "Host: a\r\n\r\n", 1, {.start_line = 19}).refused);
  EXPECT_EQ(refusal(start, {.start_line = 18}), R"(first line longer than 18 bytes: "GET /aaaaa HTTP/1.1\r\n")");
  EXPECT_EQ(refusal("GET /" + std::string(100, 'a'), {.start_line = 18}).substr(0, 33),
            "first line longer than 18 bytes: ");
  EXPECT_EQ(refusal(with("Host: a\r\nA: b\r\n"), {.header_count = 1}), "more than 1 header fields");
  EXPECT_EQ(refusal(with("Host: a\r\nA: b\r\n"), {.header_bytes = 12}), "header fields of more than 12 bytes");
  EXPECT_EQ(refusal(with("Host: a\r\nContent-Length: 5\r\n", "hello"), {.body_bytes = 4}), "body of more than 4 bytes");
}

TEST(RequestRefusals, OfWhatIsTooMuchCarryAStatusOfTheirOwn) {
  EXPECT_EQ(status_of(with("Host: a\r\nContent-Length: 9\r\n"), {.body_bytes = 8}), 413);
  EXPECT_EQ(status_of("GET /aaaaaaa HTTP/1.1\r\n", {.start_line = 8}), 414);
  EXPECT_EQ(status_of(with("Host: a\r\nB: c\r\n"), {.header_count = 1}), 431);
}

TEST(RequestRefusals, TheStreamEndsInTheMiddle) {
  EXPECT_EQ(refusal("GE"), R"(the connection ended in the middle of the request line: "GE")");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost"),
            "the connection ended in the middle of the header fields, after 0 of them");
  EXPECT_EQ(refusal(with("Host: a\r\nContent-Length: 5\r\n", "he")),
            "the connection ended in the middle of the body: 2 of 5 bytes came");
  EXPECT_FALSE(run_request_parser("").refused);
  EXPECT_FALSE(run_request_parser("\r\n").refused);

  request_parser parser;
  std::string_view input = "GET / HTTP/1.1\r\nA: b\r\nB : c\r\n\r\n";
  EXPECT_THROW(parser.next(input), protocol_error);
  EXPECT_TRUE(parser.head().headers.empty());
  input = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_THROW(parser.next(input), protocol_error);
  EXPECT_THROW(parser.finish(), protocol_error);
  parser.reset();
  EXPECT_TRUE(parser.next(input));
}

/// Feeds one request to a parser that may have seen others; what it says of it.
std::string said_of(request_parser& parser, std::string_view request, std::size_t split) {
  parser.reset();
  std::string said;
  try {
    for (std::string_view input : {request.substr(0, split), request.substr(split)}) {
      while (const auto event = parser.next(input)) {
        if (event->part == message_part::head) {
          said += parser.head().method + " " + parser.head().target + "\n" + std::string{parser.head().headers.wire()};
          said += std::string{parser.wants_upgrade() ? "u" : "-"} + (parser.expects_continue() ? "e" : "-") +
                  (parser.persistent() ? "p" : "-") + "\n";
        }
        said += event->bytes;
      }
    }
  } catch (const weft::http::protocol_error& e) {
    return e.what();
  }
  return said + (parser.done() ? "done" : "not done");
}

TEST(RequestParser, ReadsFieldsThatComeAgainAsIfForTheFirstTime) {
  const std::vector<std::string> requests{
      "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n",
      "GET /other HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nX: 1\r\n\r\n",
      "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: 2\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nX: 1\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\ncd",
      "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: 1\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nBad line\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:   a  \r\nX: 1\r\n\r\n",
  };
  for (const std::string& first : requests) {
    for (const std::string& second : requests) {
      for (std::size_t split = 0; split <= second.size(); ++split) {
        request_parser fresh;
        request_parser used;
        said_of(used, first, 0);
        ASSERT_EQ(said_of(used, second, split), said_of(fresh, second, split)) << first << second << split;
        ASSERT_EQ(said_of(used, second, split), said_of(fresh, second, split)) << second << split;
      }
    }
  }
}

}  // namespace
