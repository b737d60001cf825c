#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <weft/http/response_parser.hpp>
#include <weft/http/url.hpp>
#include <weft/http/writer.hpp>

namespace {

using weft::http::http_version;
using weft::http::request_head;
using weft::http::response_head;
using weft::http::url;
using weft::http::write_chunk;
using weft::http::write_chunk_begin;
using weft::http::write_last_chunk;
using weft::http::write_request_head;
using weft::http::write_response_head;

request_head simple() {
  request_head head;
  head.headers.add("Host", "example.org");
  return head;
}

std::string written(const request_head& head) {
  std::string out;
  write_request_head(out, head);
  return out;
}

std::string refusal(const request_head& head) {
  std::string out = "before";
  try {
    write_request_head(out, head);
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(out, "before");
    return error.what();
  }
  return "accepted";
}

TEST(Writer, WritesARequest) {
  const url target{"https://example.org:8443/a b?q=1#top"};
  request_head head{.method = "POST", .target = std::string{target.target()}};
  head.headers.add("Host", target.host_header());
  head.headers.add("Content-Length", "0");
  EXPECT_EQ(written(head),
            "POST /a%20b?q=1 HTTP/1.1\r\n"
            "Host: example.org:8443\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST(Writer, AppendsToWhatIsThere) {
  std::string out;
  write_request_head(out, simple());
  write_request_head(out, simple());
  EXPECT_EQ(out, written(simple()) + written(simple()));
}

TEST(Writer, PutsTheHostFirst) {
  request_head head;
  head.headers.add("Accept", "*/*");
  head.headers.add("User-Agent", "weft");
  EXPECT_EQ(refusal(head), "HTTP/1.1 request without a Host field");
  head.headers.add("hOST", "a");
  head.headers.add("X", "y");
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhOST: a\r\nAccept: */*\r\nUser-Agent: weft\r\nX: y\r\n\r\n");
  head.headers.remove("X");
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhOST: a\r\nAccept: */*\r\nUser-Agent: weft\r\n\r\n");
}

TEST(Writer, WritesHttp10WithoutAHost) {
  request_head head{.method = "HEAD", .version = http_version::http_1_0};
  EXPECT_EQ(written(head), "HEAD / HTTP/1.0\r\n\r\n");
}

TEST(Writer, WritesFieldsThatWereParsedAsTheyCame) {
  weft::http::response_parser parser{"GET"};
  std::string_view input = "HTTP/1.1 200 OK\r\nhost:a\r\nX-Y:  padded  \r\n\r\n";
  ASSERT_TRUE(parser.next(input).has_value());
  request_head head;
  head.headers = parser.head().headers;
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost:a\r\nX-Y:  padded  \r\n\r\n");
  head.headers.set("x-y", "new");
  head.headers.set("Host", "longer.example");
  head.headers.add("Z", "1");
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nHost:longer.example\r\nx-y:  new  \r\nZ: 1\r\n\r\n");
}

TEST(Writer, RefusesBadMethods) {
  request_head head = simple();
  for (const char* method : {"", "GE T", "GET\r\n", "G\x01", "GET/", "G\xc3\x84T"}) {
    head.method = method;
    EXPECT_TRUE(refusal(head).starts_with("bad request method \"")) << method;
  }
  head.method = "M-SEARCH";
  EXPECT_EQ(refusal(head), "accepted");
}

TEST(Writer, RefusesBadTargets) {
  request_head head = simple();
  head.target = "";
  EXPECT_EQ(refusal(head), "empty request target");
  head.target = "/a b";
  EXPECT_EQ(refusal(head), R"(byte " " in the request target "/a b": it must be percent-encoded)");
  for (const char* target : {"/ HTTP/1.1\r\nX: y", "/\t", "/\xc3\xa4", "/\x7f"}) {
    head.target = target;
    EXPECT_TRUE(refusal(head).starts_with("byte ")) << target;
  }
  for (const char* target : {"*", "example.org:443", "http://example.org/"}) {
    head.target = target;
    EXPECT_EQ(refusal(head), "accepted") << target;
  }
}

TEST(Writer, RefusesWhatTwoReadersCouldReadDifferently) {
  request_head head = simple();
  head.headers.add("host", "b");
  EXPECT_EQ(refusal(head), "request with more than one Host field");

  head = simple();
  head.headers.add("Content-Length", "1");
  EXPECT_EQ(refusal(head), "accepted");
  head.headers.add("content-length", "1");
  EXPECT_EQ(refusal(head), "request with more than one Content-Length field");
  head.headers.set("content-length", "1");
  head.headers.add("transfer-encoding", "chunked");
  EXPECT_EQ(refusal(head), "request with both Content-Length and Transfer-Encoding in the header fields");
}

TEST(Writer, RefusesFramingThatNobodyReads) {
  const auto with = [](const char* name, const char* value) {
    request_head head = simple();
    head.headers.add(name, value);
    return refusal(head);
  };
  EXPECT_EQ(with("Content-Length", "5x"), R"(request with bad Content-Length "5x")");
  EXPECT_EQ(with("Transfer-Encoding", "gzip"), R"(request with transfer coding other than chunked: "gzip")");
  EXPECT_EQ(with("Transfer-Encoding", "chunked"), "accepted");
  request_head old{.version = http_version::http_1_0};
  old.headers.add("Transfer-Encoding", "chunked");
  EXPECT_EQ(refusal(old), "request with Transfer-Encoding in an HTTP/1.0 message");
}

std::string refusal(const response_head& head) {
  std::string out = "before";
  try {
    write_response_head(out, head);
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(out, "before");
    return error.what();
  }
  return "accepted";
}

TEST(Writer, WritesAResponse) {
  response_head head{.status = 404, .reason = "Not Found"};
  head.headers.add("Content-Length", "0");
  std::string out;
  write_response_head(out, head);
  EXPECT_EQ(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  out.clear();
  write_response_head(out, {.version = http_version::http_1_0, .status = 200});
  EXPECT_EQ(out, "HTTP/1.0 200 \r\n\r\n");
}

TEST(Writer, RefusesBadResponses) {
  for (const int status : {-1, 0, 99, 1000})
    EXPECT_EQ(refusal({.status = status}), "bad response status " + std::to_string(status));
  EXPECT_EQ(refusal({.status = 200, .reason = "O\r\nK"}),
            R"(control byte 0x0d in the reason of the response "O\r\nK")");
  for (const int status : {101, 103, 204}) {
    response_head head{.status = status};
    EXPECT_EQ(refusal(head), "accepted");
    head.headers.add("Content-Length", "0");
    EXPECT_TRUE(refusal(head).ends_with(" with a length or a transfer coding, though it has no body"));
  }
  response_head head{.status = 200};
  head.headers.add("Transfer-Encoding", "chunked");
  head.headers.add("Content-Length", "0");
  EXPECT_EQ(refusal(head), "response with both Content-Length and Transfer-Encoding in the header fields");
}

TEST(Writer, WritesChunks) {
  std::string out;
  write_chunk(out, "hello");
  write_chunk(out, "");
  write_chunk(out, std::string(16, 'x'));
  write_chunk_begin(out, 0xabcdef01);
  EXPECT_EQ(out, "5\r\nhello\r\n10\r\n" + std::string(16, 'x') + "\r\nabcdef01\r\n");
  out.clear();
  write_last_chunk(out);
  weft::http::headers trailers;
  trailers.add("Digest", "x");
  write_last_chunk(out, trailers);
  EXPECT_EQ(out, "0\r\n\r\n0\r\nDigest: x\r\n\r\n");
  trailers.add("content-length", "5");
  EXPECT_THROW(write_last_chunk(out, trailers), std::invalid_argument);
  EXPECT_EQ(out, "0\r\n\r\n0\r\nDigest: x\r\n\r\n");
}

}  // namespace
