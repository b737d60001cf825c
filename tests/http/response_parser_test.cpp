#include <gtest/gtest.h>

#include <cstddef>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/http/error.hpp>
#include <weft/http/response_parser.hpp>

namespace {

using weft::http::http_version;
using weft::http::message_part;
using weft::http::protocol_error;
using weft::http::response_parser;
using weft::http::testing::run_parser;
using weft::http::testing::transcript;

TEST(ResponseParser, GivesHeadBodyAndEnd) {
  response_parser parser{"GET"};
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX:\r\n\r\nhelloHTTP/1.1";
  EXPECT_FALSE(parser.started());

  auto event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::head);
  EXPECT_TRUE(parser.started());
  EXPECT_EQ(parser.head().version, http_version::http_1_1);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(parser.head().reason, "OK");
  EXPECT_EQ(parser.head().headers.get("content-length"), "5");
  EXPECT_EQ(parser.head().headers.get("x"), "");
  EXPECT_EQ(parser.head().headers.wire(), "Content-Length: 5\r\nX:\r\n");
  EXPECT_FALSE(parser.keep_alive()) << "not before the end";

  const char* const body = input.data();
  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::body);
  EXPECT_EQ(event->bytes, "hello");
  EXPECT_EQ(static_cast<const void*>(event->bytes.data()), body) << "a view into the input";

  event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::end);
  EXPECT_TRUE(parser.done());
  EXPECT_TRUE(parser.keep_alive());

  EXPECT_FALSE(parser.next(input)) << "what follows is not part of this response";
  EXPECT_EQ(input, "HTTP/1.1");
  parser.finish();
  EXPECT_TRUE(parser.done());
}

TEST(ResponseParser, EndsWithoutFurtherInputWhereNoBodyCanCome) {
  response_parser parser{"GET"};
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ASSERT_TRUE(parser.next(input));
  EXPECT_TRUE(input.empty());
  const auto event = parser.next(input);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->part, message_part::end);
}

struct body_case {
  const char* method;
  const char* text;
  const char* events;
  bool keep_alive;
  std::size_t left = 0;
};

class ResponseParserBodies : public ::testing::TestWithParam<body_case> {};

TEST_P(ResponseParserBodies, EndWhereTheyShould) {
  const body_case& each = GetParam();
  const transcript result = run_parser(each.method, each.text);
  EXPECT_EQ(result.why, "");
  EXPECT_EQ(result.events, each.events);
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.keep_alive, each.keep_alive);
  EXPECT_EQ(result.left, each.left);
}

// RFC 9112, section 6.3, in its order.
INSTANTIATE_TEST_SUITE_P(
    Rfc9112, ResponseParserBodies,
    ::testing::Values(
        body_case{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "head 1.1 200 OK [Content-Length|5]\nend\n",
                  true},
        body_case{"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                  "head 1.1 200 OK [Transfer-Encoding|chunked]\nend\n", true},
        body_case{"HEAD", "HTTP/1.1 200 OK\r\n\r\n", "head 1.1 200 OK\nend\n", true},
        body_case{"head", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",  // methods have a case
                  "head 1.1 200 OK [Content-Length|1]\nbody x\nend\n", true},
        body_case{"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
                  "head 1.1 204 No Content [Content-Length|5]\nend\n", true},
        body_case{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nHTTP",
                  "head 1.1 304 Not Modified [Content-Length|5]\nend\n", true, 4},
        body_case{"CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: y\r\n\r\ntunnel",
                  "head 1.1 200 OK [Content-Length|x] [Transfer-Encoding|y]\nend\n", false, 6},
        body_case{"CONNECT", "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno",
                  "head 1.1 407 No [Content-Length|2]\nbody no\nend\n", true},
        body_case{"GET", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nother",
                  "head 1.1 101 Switching [Upgrade|x]\nend\n", false, 5},
        body_case{"GET",
                  "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n",
                  "head 1.1 200 OK [transfer-encoding|Chunked]\nbody abc0123456789\nend\n", true},
        body_case{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd",
                  "head 1.1 200 OK [Content-Length|3]\nbody abc\nend\n", true, 1},
        body_case{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\nContent-length: 003\r\n\r\nabc",
                  "head 1.1 200 OK [Content-Length|3, 3] [Content-length|003]\nbody abc\nend\n", true},
        body_case{"GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end\r\n",
                  "head 1.1 200 OK\nbody until the end\r\n\nend of stream\n", false},
        body_case{"GET", "HTTP/1.1 200 OK\r\n\r\n", "head 1.1 200 OK\nend of stream\n", false}));

INSTANTIATE_TEST_SUITE_P(
    Trailers, ResponseParserBodies,
    ::testing::Values(body_case{
        "GET",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1;a=b;c=\"d;\\\"e\"\r\nx\r\n1 ;f\r\ny\r\n0;last\r\nDigest: 1\r\nContent-Length: 9\r\n\r\n",
        "head 1.1 200 OK [Transfer-Encoding|chunked]\nbody xy\n"
        "trailers [Digest|1] [Content-Length|9]\nend\n",
        true}));

INSTANTIATE_TEST_SUITE_P(
    Interim, ResponseParserBodies,
    ::testing::Values(
        body_case{"POST",
                  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\nContent-Length: 7\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                  "interim 1.1 100 Continue\ninterim 1.1 103 Early Hints [Link|a] [Content-Length|7]\n"
                  "head 1.1 200 OK [Content-Length|1]\nbody x\nend\n",
                  true},
        body_case{"HEAD", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
                  "interim 1.1 100 Continue\nhead 1.1 200 OK\nend\n", true}));

#define WEFT_EMPTY "\r\nContent-Length: 0\r\n\r\n"

struct persistence_case {
  const char* text;
  bool keep_alive;
};

class ResponseParserPersistence : public ::testing::TestWithParam<persistence_case> {};

TEST_P(ResponseParserPersistence, FollowsVersionAndConnection) {
  EXPECT_EQ(run_parser("GET", GetParam().text).why, "");
  EXPECT_EQ(run_parser("GET", GetParam().text).keep_alive, GetParam().keep_alive) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9112, ResponseParserPersistence,
    ::testing::Values(persistence_case{"HTTP/1.1 200 OK" WEFT_EMPTY, true},
                      persistence_case{"HTTP/1.9 200 OK" WEFT_EMPTY, true},
                      persistence_case{"HTTP/1.1 200 OK\r\nConnection: Close" WEFT_EMPTY, false},
                      persistence_case{"HTTP/1.1 200 OK\r\nConnection: a ,close,, b" WEFT_EMPTY, false},
                      persistence_case{"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close" WEFT_EMPTY,
                                       false},
                      persistence_case{"HTTP/1.1 200 OK\r\nConnection: closed, not-close" WEFT_EMPTY, true},
                      persistence_case{"HTTP/1.0 200 OK" WEFT_EMPTY, false},
                      persistence_case{"HTTP/1.0 200 OK\r\nconnection: Keep-Alive" WEFT_EMPTY, true},
                      persistence_case{"HTTP/1.0 200 OK\r\nConnection: keep-alive, close" WEFT_EMPTY, false},
                      persistence_case{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nbody", false}));

TEST(ResponseParser, TakesStatusLinesAsTheyComeInPractice) {
  const auto head_of = [](std::string status_line) { return run_parser("HEAD", status_line + "\r\n\r\n").events; };
  EXPECT_EQ(head_of("HTTP/1.1 200 "), "head 1.1 200 \nend\n");
  EXPECT_EQ(head_of("HTTP/1.1 200"), "head 1.1 200 \nend\n");
  EXPECT_EQ(head_of("HTTP/1.1 404 Not\tF\xc3\xb6und  "), "head 1.1 404 Not\tF\xc3\xb6und  \nend\n");
  EXPECT_EQ(head_of("HTTP/1.1 999 Denied"), "head 1.1 999 Denied\nend\n");
}

TEST(ResponseParser, TakesFieldsAsTheyComeInPractice) {
  const transcript result =
      run_parser("HEAD",
                 "HTTP/1.1 200 OK\r\nA:b\r\nB: \t c  d\t \r\nC:\r\nD:   \r\nE: a:b\r\n"
                 "F: \xff\r\nx!#$%&'*+-.^_`|~9: y\r\nA-Name-That-Is-Longer-Than-16_Bytes: z\r\n\r\n");
  EXPECT_EQ(result.why, "");
  EXPECT_EQ(result.events,
            "head 1.1 200 OK [A|b] [B|c  d] [C|] [D|] [E|a:b] [F|\xff] [x!#$%&'*+-.^_`|~9|y] "
            "[A-Name-That-Is-Longer-Than-16_Bytes|z]\nend\n");
}

TEST(ResponseParser, TellsThatTheConnectionCarriesSomethingElse) {
  response_parser parser{"CONNECT"};
  std::string_view input = "HTTP/1.1 200 OK\r\n\r\nbytes";
  while (parser.next(input)) {
  }
  EXPECT_TRUE(parser.upgraded());
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_EQ(input, "bytes");
}

TEST(ResponseParser, ServesManyResponsesInTheSameMemory) {
  const std::string long_value(100, 'v');
  const std::string text = "HTTP/1.1 200 A reason that is longer than strings keep inside\r\nX: " + long_value +
                           "\r\nContent-Length: 2\r\n\r\nok";
  response_parser parser{"GET"};
  const void* memory = nullptr;
  std::string_view input;
  for (int i = 0; i < 3; ++i) {
    input = text;
    ASSERT_TRUE(parser.next(input));
    if (i > 0) {
      EXPECT_EQ(parser.head().headers.wire().data(), memory);
    }
    memory = parser.head().headers.wire().data();
    EXPECT_EQ(parser.head().headers.size(), 2U);
    while (parser.next(input)) {
    }
    EXPECT_TRUE(parser.keep_alive());
    parser.reset("GET");
    EXPECT_FALSE(parser.started());
    EXPECT_FALSE(parser.done());
    EXPECT_TRUE(parser.head().headers.empty());
  }
}

TEST(ResponseParser, ReadsPipelinedResponses) {
  std::string_view input =
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nT: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  response_parser parser{"GET"};
  std::string bodies;
  for (const char* method : {"GET", "HEAD", "GET", "GET"}) {
    parser.reset(method);
    while (const auto event = parser.next(input)) bodies += event->bytes;
    EXPECT_TRUE(parser.keep_alive());
  }
  EXPECT_EQ(bodies, "ab");
  EXPECT_TRUE(input.empty());
  EXPECT_TRUE(parser.trailers().empty());
}

TEST(ResponseParser, GivesTheHeadAway) {
  response_parser parser{"GET"};
  std::string_view input = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx";
  ASSERT_TRUE(parser.next(input));
  const weft::http::response_head head = parser.take_head();
  EXPECT_EQ(head.headers.size(), 2U);
  EXPECT_TRUE(parser.head().headers.empty());
  while (parser.next(input)) {
  }
  EXPECT_TRUE(parser.keep_alive()) << "does not look at the head again";
}

TEST(ResponseParser, TellsWhatTheStreamEndedInTheMiddleOf) {
  const auto why = [](std::string_view text) { return run_parser("GET", text, 7).why; };
  const std::string_view chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto chunked_with = [&](std::string_view rest) { return std::string{chunked} + std::string{rest}; };

  EXPECT_EQ(why(""), "the connection ended before a response began");
  EXPECT_EQ(why("HTTP/1.1 20"), "the connection ended in the middle of the status line: \"HTTP/1.1 20\"");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\n"), "the connection ended in the middle of the header fields, after 0 of them");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nA: b\r\nC"),
            "the connection ended in the middle of the header fields, after 1 of them");
  EXPECT_EQ(why("HTTP/1.1 100 Continue\r\n\r\n"),
            "the connection ended after an interim response, before the final one");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
            "the connection ended in the middle of the body: 2 of 5 bytes came");
  EXPECT_EQ(why(chunked), "the connection ended in the middle of a chunked body, before its last chunk");
  EXPECT_EQ(why(chunked_with("5")), "the connection ended in the middle of a chunked body, before its last chunk");
  EXPECT_EQ(why(chunked_with("5\r\nab")), "the connection ended in the middle of a chunk, 3 bytes before its end");
  EXPECT_EQ(why(chunked_with("2\r\nab\r\n")),
            "the connection ended in the middle of a chunked body, before its last chunk");
  EXPECT_EQ(why(chunked_with("0\r\nA: b\r\n")), "the connection ended in the middle of the trailers of a chunked body");
}

TEST(ResponseParser, TellsAnEarlyEndFromWhatIsNotHttp) {
  for (const char* const text : {"", "HTT", "HTTP/1.1 200 OK\r\nA", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}) {
    response_parser parser{"GET"};
    std::string_view input = text;
    while (parser.next(input)) {
    }
    EXPECT_THROW(parser.finish(), weft::http::truncated_error) << text;
  }
}

TEST(ResponseParser, StaysRefusedUntilReset) {
  response_parser parser{"GET"};
  std::string_view input = "HTTP/1.1 200 OK\r\nA: b\r\nB : c\r\n\r\n";
  EXPECT_THROW(parser.next(input), protocol_error);
  EXPECT_TRUE(parser.head().headers.empty());
  EXPECT_FALSE(parser.done());
  input = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_THROW(parser.next(input), protocol_error);
  EXPECT_THROW(parser.finish(), protocol_error);
  parser.reset("HEAD");
  EXPECT_TRUE(parser.next(input));
  EXPECT_TRUE(parser.next(input));
  EXPECT_TRUE(parser.done());
}

TEST(ResponseParser, StaysRefusedWhenTheStreamEndedTooEarly) {
  response_parser parser{"GET"};
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  ASSERT_TRUE(parser.next(input));
  EXPECT_THROW(parser.finish(), protocol_error);
  EXPECT_THROW(parser.finish(), protocol_error);
  EXPECT_FALSE(parser.done());
}

}  // namespace
