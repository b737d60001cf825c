#pragma once

// Requests that nobody may take, and what a strict reader says of each, or how it begins. None needs more bytes to be
// told.

#include <string>
#include <string_view>
#include <vector>

namespace weft::http::testing {

struct malformed_request {
  std::string bytes;
  std::string why;
  int status = 400;
};

inline std::vector<malformed_request> malformed_requests() {
  const auto with = [](std::string_view fields, std::string_view rest = "", std::string_view method = "POST") {
    return std::string{method} + " / HTTP/1.1\r\n" + std::string{fields} + "\r\n" + std::string{rest};
  };
  const auto chunks = [&](std::string_view rest) { return with("Host: a\r\nTransfer-Encoding: chunked\r\n", rest); };
  std::vector<malformed_request> all = {
      // No HTTP.
      {"\x16\x03\x01\x02", R"(not an HTTP request: begins with "\x16\x03\x01\x02")"},
      {"{\"json\": 1}", R"(not an HTTP request: begins with "{\"json\": 1}")"},
      {" GET / HTTP/1.1\r\n", R"(not an HTTP request: begins with " GET / HTTP/1.1")"},
      {"G\xc3\x84T / HTTP/1.1\r\n", R"(not an HTTP request: begins with "G\xc3\x84T / HTTP/1.1")"},
      {"GET\t/ HTTP/1.1\r\n", R"(not an HTTP request: begins with "GET\t/ HTTP/1.1")"},
      {"GET\r\n\r\n", R"(not an HTTP request: begins with "GET")"},
      {"\r\n\r\n", R"(not an HTTP request: begins with "")"},
      {"\rX", R"(not an HTTP request: begins with "\rX")"},
      // Request lines.
      {"GET /\r\n\r\n", R"(no HTTP version in the request line: "GET /")"},
      {"GET  / HTTP/1.1\r\n\r\n", R"(no target in the request line: "GET  / HTTP/1.1")"},
      {"GET / HTTP/2.0\r\n\r\n", R"(unsupported HTTP version: "HTTP/2.0")", 505},
      {"GET /\tx HTTP/1.1\r\n\r\n", R"(byte 0x09 in the target in the request line: "GET /\tx HTTP/1.1")"},
      {"GET /#x HTTP/1.1\r\n\r\n", R"(byte "#" in the target in the request line: "GET /#x HTTP/1.1")"},
      {"GET /\x7f HTTP/1.1\r\n\r\n", R"(byte 0x7f in the target in the request line: "GET /\x7f HTTP/1.1")"},
      {"GET /\xc3\xa4 HTTP/1.1\r\n\r\n", R"(byte 0xc3 in the target in the request line: "GET /\xc3\xa4 HTTP/1.1")"},
      {"GET / HTTP/1.1\nHost: a\r\n\r\n", R"(bare LF in the first line: "GET / HTTP/1.1")"},
      {"\nGET / HTTP/1.1\r\n", R"(bare LF in the first line: "")"},
      {"GET / HTTP/1.1\r\r\n\r\n", R"(bad HTTP version in the request line: "GET / HTTP/1.1\r")"},
      // What smugglers use.
      {with(""), "no Host in the header fields of an HTTP/1.1 request"},
      {with("Host: a\r\nHost: a\r\n"), "more than one Host in the header fields"},
      {"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "more than one Host in the header fields"},
      {with("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "both Content-Length and Transfer-Encoding in the header fields"},
      {with("Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
       "two different lengths in Content-Length: 5 and 6"},
      {with("Host: a\r\nContent-Length: +5\r\n", "hello"), R"(bad Content-Length "+5")"},
      {with("Host: a\r\nTransfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
       R"(transfer coding other than chunked: "identity")", 501},
      {with("Host: a\r\nTransfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       R"(control byte 0x0b in header line 2: "Transfer-Encoding: \x0bchunked")"},
      {with("Host: a\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n"),
       R"(whitespace before the colon in header line 2: "Transfer-Encoding : chunked")"},
      {with("Host: a\r\nX: y\r\n Content-Length: 5\r\n", "hello"),
       R"(folded field in header line 3: " Content-Length: 5")"},
      {with("Host: a\nContent-Length: 5\r\n"), R"(bare LF in header line 1: "Host: a")"},
      {with("Host: a\r\nX: y\rContent-Length: 5\r\n", "hello"), R"(bare CR in header line 2: "X: y")"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding in an HTTP/1.0 message"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 3\r\n\r\nabc", "CONNECT request with a body"},
      // Chunks.
      {chunks("5x\r\nhello\r\n"), R"(bad chunk size "5x")"},
      {chunks("-5\r\nhello\r\n"), R"(bad chunk size "-5")"},
      {chunks("5\nhello\r\n"), R"(bare LF after the chunk size "5")"},
      {chunks("5\r\nhello0\r\n\r\n"), R"(no CR LF at the end of a chunk, but "0\r\n\r\n")"},
  };
  for (const char* const version : {"HTTP/1.1 ", " HTTP/1.1", "http/1.1", "HTTP/1", "HTTP/1.10", "HTTP/x.1", "HTTP/11",
                                    "HTTP", "", "HTTP/1.1\t", "x HTTP/1.1"})
    all.push_back({"GET / " + std::string{version} + "\r\nHost: a\r\n\r\n", "bad HTTP version in the request line: "});
  for (const char* const line : {"GET *", "GET h", "GET h/p", "GET mailto:a@b", "GET ?q", "CONNECT h", "CONNECT h:",
                                 "CONNECT /", "CONNECT http://h:1", "CONNECT a@h:1", "GET ://h", "GET 1:://h"})
    all.push_back({std::string{line} + " HTTP/1.1\r\nHost: a\r\n\r\n", "bad target for this method"});
  for (const char* const host :
       {"a b", "a, b", "a/b", "u@a", "a:b", "a:80:80", ":80", "[::1", "[]", "[x]", "a#b", "a\xc3\xa4"})
    all.push_back({"GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n", "bad Host "});
  return all;
}

}  // namespace weft::http::testing
