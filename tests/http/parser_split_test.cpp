// However the bytes of a message are cut into pieces, the same events come out.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>

namespace {

using weft::http::request_parser;
using weft::http::response_parser;
using weft::http::testing::run_parser;
using weft::http::testing::transcript;
using namespace std::string_literals;

struct sample {
  std::string_view method;  // of the request that the text is the response to; empty if the text is a request
  std::string_view text;
};

using piece_sizes = std::function<std::size_t(std::size_t)>;

transcript run(const sample& each, const piece_sizes& sizes) {
  if (each.method.empty()) {
    request_parser parser;
    return run_parser(parser, each.text, sizes);
  }
  response_parser parser{each.method};
  return run_parser(parser, each.text, sizes);
}

transcript run_whole(const sample& each) {
  return run(each, [](std::size_t) { return std::string_view::npos; });
}

constexpr auto samples = std::to_array<sample>({
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello and more"},
    {"GET",
     "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 06 Jul 2024 09:41:27 GMT\r\n"
     "Content-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\n1;ext=\"1\"\r\n \r\n0005\r\nworld\r\n0\r\n\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\r\n\r\r\n0\r\nDigest: x\r\nA:\r\n\r\nnext"},
    {"GET", "HTTP/1.0 200 OK\r\nA-Field: \t padded \t\r\n\r\na body until the end\r\n\r\n"},
    {"HEAD", "HTTP/1.1 200\r\nContent-Length: 12345\r\n\r\nHTTP/1.1"},
    {"POST",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
     "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"},
    {"CONNECT", "HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x01"},
    {"GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"},
    // Refused; whatever the pieces.
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
    {"GET", "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ntoo short"},
    {"GET", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"},
    {"GET", "HTTP/1.1 200 O\rK\r\n\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n3\r\nab\rc\r\n"},
    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA : b\r\n\r\n"},

    {"", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1"},
    {"", "\r\nPOST /a?b=c HTTP/1.1\r\nHost: example.org:80\r\nContent-Length: 5\r\n\r\nhello\r\n"},
    {"",
     "PUT http://a/b HTTP/1.1\r\nhost:a\r\ntransfer-encoding:chunked\r\nExpect: 100-continue\r\n\r\n"
     "5\r\nhello\r\n6;x=y\r\n, worl\r\n1\r\nd\r\n0\r\nDigest: x\r\n\r\n"},
    {"", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01"},
    {"", "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
    {"", "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"},
    {"", "\r\n"},
    {"", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"", "GET / HTTP/1.1\r\n\r\n"},
    {"", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"", "GET /\r\n"},
    {"", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"},
    {"", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"", "\x16\x03\x01\x02"},
    {"", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
});

void expect_same(const transcript& whole, const transcript& split, const sample& each, const std::string& how) {
  EXPECT_EQ(whole.refused, split.refused) << how << each.text << "\n" << whole.why << "\n" << split.why;
  EXPECT_EQ(whole.events, split.events) << how;
  EXPECT_EQ(whole.left, split.left) << how;
  EXPECT_EQ(whole.done, split.done) << how;
  EXPECT_EQ(whole.keep_alive, split.keep_alive) << how;
}

TEST(ParserSplits, InTwoAtEveryPlace) {
  for (const sample& each : samples) {
    const transcript whole = run_whole(each);
    for (std::size_t cut = 1; cut < each.text.size(); ++cut) {
      const transcript split = run(each, [=](std::size_t at) { return at < cut ? cut - at : std::string_view::npos; });
      expect_same(whole, split, each, "cut at " + std::to_string(cut) + "\n");
    }
  }
}

/// @param parser one for all: what it keeps of one message must not show in the next.
template <class Parser, class Reset>
void expect_same_in_three(const sample& each, Parser& parser, Reset reset) {
  const transcript whole = run_whole(each);
  for (std::size_t first = 1; first < each.text.size(); ++first) {
    for (std::size_t second = first + 1; second < each.text.size(); ++second) {
      reset();
      const transcript split = run_parser(parser, each.text, [=](std::size_t at) {
        return at < first ? first - at : at < second ? second - at : std::string_view::npos;
      });
      expect_same(whole, split, each, "cut at " + std::to_string(first) + " and " + std::to_string(second) + "\n");
    }
  }
}

TEST(ParserSplits, InThreeAtEveryPairOfPlaces) {
  request_parser requests;
  response_parser responses{"GET"};
  for (const sample& each : samples) {
    if (each.method.empty())
      expect_same_in_three(each, requests, [&] { requests.reset(); });
    else
      expect_same_in_three(each, responses, [&] { responses.reset(each.method); });
  }
}

TEST(ParserSplits, InEqualPieces) {
  for (const sample& each : samples) {
    const transcript whole = run_whole(each);
    for (std::size_t size = 1; size < 40; ++size)
      expect_same(whole, run(each, [=](std::size_t) { return size; }), each,
                  "pieces of " + std::to_string(size) + "\n");
  }
}

TEST(ParserSplits, EveryPrefixNeedsMoreOrIsRefused) {
  for (const sample& each : samples) {
    const transcript whole = run_whole(each);
    if (whole.refused || !whole.events.ends_with("\nend\n")) continue;
    const std::size_t size = each.text.size() - whole.left;
    for (std::size_t length = 0; length < size; ++length) {
      const transcript cut = run_whole({each.method, each.text.substr(0, length)});
      if (cut.events.empty() && each.method.empty() && "\r\n"s.starts_with(each.text.substr(0, length))) continue;
      EXPECT_TRUE(cut.refused) << each.text.substr(0, length);
      EXPECT_TRUE(cut.why.starts_with("the connection ended ")) << cut.why;
    }
  }
}

}  // namespace
