// What the response parser refuses: everything that two readers could read differently, and whatever is too much.

#include <gtest/gtest.h>

#include <cstddef>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/core/errors.hpp>
#include <weft/http.hpp>

namespace {

using weft::http::parser_limits;
using weft::http::protocol_error;
using weft::http::response_parser;
using weft::http::testing::run_parser;
using weft::http::testing::transcript;

static_assert(std::is_base_of_v<weft::error, protocol_error>);

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\n";
constexpr std::string_view chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string operator+(std::string_view a, const std::string& b) { return std::string{a} + b; }

/// Why it is refused, whole; in pieces it must be refused too.
std::string refusal(const std::string& text, const parser_limits& limits = {}) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U})
    EXPECT_TRUE(run_parser("GET", text, piece, limits).refused) << text << "\nin pieces of " << piece;
  const transcript whole = run_parser("GET", text, text.size(), limits);
  EXPECT_TRUE(whole.refused) << text << "\n" << whole.events;
  return whole.why;
}

TEST(ResponseRefusals, WhatIsNoHttp) {
  EXPECT_EQ(refusal("SSH-2.0-OpenSSH_9.2p1\r\n"), R"(not an HTTP response: begins with "SSH-2.0-OpenSSH_9.2p1")");
  EXPECT_EQ(refusal("220 mail.example.org ESMTP\r\n"),
            R"(not an HTTP response: begins with "220 mail.example.org ESMTP")");
  EXPECT_EQ(refusal("ICY 200 OK\r\n"), R"(not an HTTP response: begins with "ICY 200 OK")");
  EXPECT_EQ(refusal("http/1.1 200 OK\r\n\r\n"), R"(not an HTTP response: begins with "http/1.1 200 OK")");
  EXPECT_EQ(refusal("\r\nHTTP/1.1 200 OK\r\n\r\n"), R"(not an HTTP response: begins with "")");
  EXPECT_EQ(refusal("HTT\r\n\r\n"), R"(not an HTTP response: begins with "HTT")");
  // A TLS alert: no line, and nothing more comes.
  EXPECT_EQ(refusal("\x15\x03\x03\x02\x02"
                    "F"),
            R"(not an HTTP response: begins with "\x15\x03\x03\x02\x02F")");
  EXPECT_EQ(refusal("<!DOCTYPE html><html><head><title>An HTTP/0.9 answer, which is long"),
            R"(not an HTTP response: begins with "<!DOCTYPE html><html><head><title>An HTTP/0.9 an"...)");
}

TEST(ResponseRefusals, NoHttpAtTheFirstByteThatTells) {
  response_parser parser{"GET"};
  std::string_view input = "HTT";
  EXPECT_FALSE(parser.next(input));
  input = "X";
  EXPECT_THROW(parser.next(input), protocol_error);
}

TEST(ResponseRefusals, BadStatusLines) {
  for (const char* line : {"HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 099 X", "HTTP/1.1 2x0 X",
                           "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/11 200 OK", "HTTP/1.",
                           "HTTP/1.10 200 OK", "HTTP/x.1 200 OK", "HTTP/ 1.1 200 OK", "HTTP/1.1 +20 OK"})
    EXPECT_TRUE(refusal(std::string{line} + "\r\n\r\n").starts_with("bad status line: ")) << line;
  EXPECT_EQ(refusal("HTTP/2.0 200 OK\r\n\r\n"), R"(unsupported HTTP version: "HTTP/2.0")");
  EXPECT_EQ(refusal("HTTP/0.9 200 OK\r\n\r\n"), R"(unsupported HTTP version: "HTTP/0.9")");
  EXPECT_EQ(refusal("HTTP/1.1 200 O\x01K\r\n\r\n"), R"(control byte 0x01 in the status line: "HTTP/1.1 200 O\x01K")");
  EXPECT_EQ(refusal("HTTP/1.1 200 O\rK\r\n\r\n"), R"(control byte 0x0d in the status line: "HTTP/1.1 200 O\rK")");
  EXPECT_EQ(refusal("HTTP/1.1 200 OK\r\r\n\r\n"), R"(control byte 0x0d in the status line: "HTTP/1.1 200 OK\r")");
  EXPECT_EQ(refusal("HTTP/1.1 200 OK\n\r\n"), R"(bare LF in the first line: "HTTP/1.1 200 OK")");
}

TEST(ResponseRefusals, TwoWaysToTellTheLength) {
  EXPECT_EQ(refusal(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "both Content-Length and Transfer-Encoding in the header fields");
  EXPECT_EQ(refusal(ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
            "both Content-Length and Transfer-Encoding in the header fields");
  EXPECT_EQ(refusal(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
            "two different lengths in Content-Length: 5 and 6");
  EXPECT_EQ(refusal(ok + "Content-Length: 5, 6\r\n\r\nhello!"), "two different lengths in Content-Length: 5 and 6");
  // Also where no body follows: the next reader may not know the method.
  for (const char* method : {"GET", "HEAD"})
    EXPECT_TRUE(run_parser(method, ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n").refused);
}

TEST(ResponseRefusals, BadLengths) {
  for (const char* length : {"", "+5", "-5", "5a", "a", "0x5", "5 5", "5,", ",5", "5;5", "5.0", "\"5\"", "1e1",
                             "18446744073709551616", "99999999999999999999999999"})
    EXPECT_TRUE(refusal(ok + "Content-Length: " + length + "\r\n\r\nhello").starts_with("bad Content-Length \""))
        << length;
}

TEST(ResponseRefusals, TransferCodingsButChunked) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "", ",chunked", "chunked,",
                             "chunked;q=1", "xchunked", "chunked x", "\"chunked\"", "chu\tnked"})
    EXPECT_TRUE(refusal(ok + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n")
                    .starts_with("transfer coding other than chunked: "))
        << coding;
  EXPECT_EQ(refusal(ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
            "transfer coding chunked applied twice");
  EXPECT_EQ(refusal(ok + "Transfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
            "transfer coding chunked applied twice");
  EXPECT_TRUE(refusal(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n")
                  .starts_with("transfer coding other than chunked"));
  EXPECT_EQ(refusal("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "Transfer-Encoding in an HTTP/1.0 message");
}

TEST(ResponseRefusals, BadFieldLines) {
  const auto with = [](std::string_view line) { return ok + ("A: b\r\n" + std::string{line} + "\r\n\r\n"); };
  EXPECT_EQ(refusal(with("Content-Length : 5")),
            R"(whitespace before the colon in header line 2: "Content-Length : 5")");
  EXPECT_EQ(refusal(with("Content-Length\t: 5")),
            R"(whitespace before the colon in header line 2: "Content-Length\t: 5")");
  EXPECT_EQ(refusal(with(" folded")), R"(folded field in header line 2: " folded")");
  EXPECT_EQ(refusal(with("\tfolded: x")), R"(folded field in header line 2: "\tfolded: x")");
  EXPECT_EQ(refusal(with(": x")), R"(empty field name in header line 2: ": x")");
  EXPECT_EQ(refusal(with("no colon")), R"(byte " " in the field name in header line 2: "no colon")");
  EXPECT_EQ(refusal(with("NoColon")), R"(no colon in header line 2: "NoColon")");
  EXPECT_EQ(refusal(with("N\xc3\xa4me: x")), R"(byte 0xc3 in the field name in header line 2: "N\xc3\xa4me: x")");
  EXPECT_EQ(refusal(with("Na(me: x")), R"(byte "(" in the field name in header line 2: "Na(me: x")");
  EXPECT_EQ(refusal(with("Na\x01me: x")), R"(byte 0x01 in the field name in header line 2: "Na\x01me: x")");
  EXPECT_EQ(refusal(with("A: x\x01y")), R"(control byte 0x01 in header line 2: "A: x\x01y")");
  EXPECT_EQ(refusal(with("A: x\x7fy")), R"(control byte 0x7f in header line 2: "A: x\x7fy")");
  EXPECT_EQ(refusal(with(std::string_view{"A: x\0y", 6})), R"(control byte 0x00 in header line 2: "A: x\x00y")");
  EXPECT_EQ(refusal(with(std::string_view{"A\0B: x", 6})),
            R"(byte 0x00 in the field name in header line 2: "A\x00B: x")");
  EXPECT_EQ(refusal(ok + " A: b\r\n\r\n"), R"(whitespace before the first field in header line 1: " A: b")");
}

TEST(ResponseRefusals, BareCarriageReturnsAndLineFeeds) {
  EXPECT_EQ(refusal(ok + "A: b\nC: d\r\n\r\n"), R"(bare LF in header line 1: "A: b")");
  EXPECT_EQ(refusal(ok + "A: b\rC: d\r\n\r\n"), R"(bare CR in header line 1: "A: b")");
  EXPECT_EQ(refusal(ok + "A: b\r\r\n\r\n"), R"(bare CR in header line 1: "A: b")");
  EXPECT_EQ(refusal(ok + "A\n: b\r\n\r\n"), R"(bare LF in header line 1: "A")");
  EXPECT_EQ(refusal(ok + "A\r: b\r\n\r\n"), R"(bare CR in header line 1: "A")");
  EXPECT_EQ(refusal(ok + "A:\n\r\n"), R"(bare LF in header line 1: "A:")");
  EXPECT_EQ(refusal(ok + "A: b\r\n\n"), R"(bare LF in header line 2: "")");
  EXPECT_EQ(refusal(ok + "A: b\r\n\r"), "the connection ended in the middle of the header fields, after 1 of them");
  EXPECT_EQ(refusal(ok + "A: b\r\n\rX"), R"(bare CR in header line 2: "")");
  EXPECT_EQ(refusal(ok + "\n"), R"(bare LF in header line 1: "")");
  // Where the fault lies in the last bytes, which are not looked at sixteen at a time.
  const std::string filler(40, 'x');
  for (std::size_t length = 0; length < filler.size(); ++length)
    EXPECT_TRUE(refusal(ok + "A: " + filler.substr(0, length) + "\n\r\n").starts_with("bare LF"));
}

// Lines are looked at sixteen bytes at a time, their last bytes one at a time: both must agree on every byte.
TEST(ResponseRefusals, EveryByteAtEveryPlaceOfAFieldLine) {
  const std::string_view more_token_bytes = "!#$%&'*+-.^_`|~";
  for (const bool near_the_end : {false, true}) {
    const std::string after = near_the_end ? "\r\n\r\n" : "\r\nX: " + std::string(40, 'x') + "\r\n\r\n";
    for (int value = 0; value < 256; ++value) {
      const char byte = static_cast<char>(value);
      const bool letter_or_digit =
          (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
      const bool in_names = letter_or_digit || more_token_bytes.find(byte) != std::string_view::npos;
      const bool in_values = (value >= 0x20 && value != 0x7f) || byte == '\t';
      for (std::size_t place = 0; place < 36; ++place) {
        std::string text(36, 'a');
        text[place] = byte;
        const auto accepted = [&](const std::string& line) { return !run_parser("HEAD", ok + (line + after)).refused; };
        EXPECT_EQ(accepted("A: " + text), in_values) << value << " at " << place;
        if (byte != ':') {
          EXPECT_EQ(accepted(text + ": b"), in_names) << value << " at " << place;
        }
      }
    }
  }
}

TEST(ResponseRefusals, BadChunkSizes) {
  for (const char* size : {"", " ", "x", "0x5", "-5", "+5", " 5", "5 ", "5\t", "5x", "5 5", "5,", "g", ";ext", "\xff"})
    EXPECT_TRUE(refusal(chunked + (std::string{size} + "\r\nhello\r\n0\r\n\r\n")).starts_with("bad chunk size "))
        << size;
  EXPECT_EQ(refusal(chunked + "10000000000000000\r\n"), R"(chunk size of more than 16 digits: "10000000000000000")");
  EXPECT_EQ(refusal(chunked + "00000000000000005\r\nhello\r\n0\r\n\r\n"),
            R"(chunk size of more than 16 digits: "00000000000000005")");
  // Two chunks that together overflow 64 bits.
  EXPECT_EQ(refusal(chunked + "1\r\nx\r\nffffffffffffffff\r\nx"), "body of more than 18446744073709551615 bytes");
}

TEST(ResponseRefusals, BadChunkFraming) {
  EXPECT_EQ(refusal(chunked + "5\nhello\r\n0\r\n\r\n"), R"(bare LF after the chunk size "5")");
  EXPECT_EQ(refusal(chunked + "\n5\r\nhello\r\n0\r\n\r\n"), R"(bare LF after the chunk size "")");
  EXPECT_EQ(refusal(chunked + "5;a\nhello\r\n0\r\n\r\n"), R"(bare LF after the chunk size "5;a")");
  EXPECT_EQ(refusal(chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n"), R"(bare CR in the chunk extensions ";a\rb")");
  EXPECT_EQ(refusal(chunked + "5\r\r\nhello\r\n0\r\n\r\n"), R"(bad chunk size "5\r")");
  EXPECT_EQ(refusal(chunked + (std::string{"5;\0\r\nhello\r\n", 12} + "0\r\n\r\n")),
            R"(control byte 0x00 in the chunk extensions ";\x00")");
  EXPECT_EQ(refusal(chunked + "5\r\nhello!\r\n0\r\n\r\n"), R"(no CR LF at the end of a chunk, but "!\r\n0\r\n\r\n")");
  EXPECT_EQ(refusal(chunked + "5\r\nhello\n0\r\n\r\n"), R"(no CR LF at the end of a chunk, but "\n0\r\n\r\n")");
  EXPECT_EQ(refusal(chunked + "5\r\nhello\r0\r\n\r\n"), R"(no CR LF at the end of a chunk, but "0\r\n\r\n")");
  EXPECT_EQ(refusal(chunked + "5\r\nhello0\r\n\r\n"), R"(no CR LF at the end of a chunk, but "0\r\n\r\n")");
}

TEST(ResponseRefusals, BadTrailers) {
  EXPECT_EQ(refusal(chunked + "0\r\nA: b\n\r\n"), R"(bare LF in trailer line 1: "A: b")");
  EXPECT_EQ(refusal(chunked + "0\r\nA: b\r\n c\r\n\r\n"), R"(folded field in trailer line 2: " c")");
  EXPECT_EQ(refusal(chunked + "0\r\nA : b\r\n\r\n"), R"(whitespace before the colon in trailer line 1: "A : b")");
  EXPECT_EQ(refusal(chunked + "0\r\n\n"), R"(bare LF in trailer line 1: "")");
  EXPECT_EQ(refusal(chunked + "0\r\n\rX"), R"(bare CR in trailer line 1: "")");
}

TEST(ResponseRefusals, AnInterimHeadThatIsBad) {
  EXPECT_EQ(refusal("HTTP/1.1 100 Continue\r\nA : b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            R"(whitespace before the colon in header line 1: "A : b")");
  EXPECT_EQ(refusal("HTTP/1.1 100 Continue\r\n\r\nhello"), R"(not an HTTP response: begins with "hello")");
}

// ---- limits --------------------------------------------------------------------------------------------------------

/// Accepts with `limits` what is at the limit and refuses one more, in pieces of any size.
void expect_limit(const std::string& at_limit, const std::string& above, const parser_limits& limits,
                  std::string_view why) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::string::npos})
    EXPECT_EQ(run_parser("GET", at_limit, piece, limits).why, "") << at_limit << "\nin pieces of " << piece;
  EXPECT_EQ(refusal(above, limits), why);
}

TEST(ResponseLimits, StartLine) {
  expect_limit("HTTP/1.1 200 1234567\r\n\r\n", "HTTP/1.1 200 12345678\r\n\r\n", {.start_line = 20},
               R"(first line longer than 20 bytes: "HTTP/1.1 200 12345678\r\n")");
  // Refused before its end has come.
  EXPECT_EQ(refusal("HTTP/1.1 200 123456789", {.start_line = 20}),
            R"(first line longer than 20 bytes: "HTTP/1.1 200 123456789")");
}

TEST(ResponseLimits, HeaderBytes) {
  // Field lines and the empty line count, with their ends.
  expect_limit(ok + "A: 23\r\nB: 23\r\n\r\n", ok + "A: 23\r\nB: 234\r\n\r\n", {.header_bytes = 16},
               "header fields of more than 16 bytes");
  EXPECT_EQ(refusal(ok + "A: 23\r\n" + std::string(10, 'B'), {.header_bytes = 16}),
            "header fields of more than 16 bytes");
}

TEST(ResponseLimits, HeaderCount) {
  expect_limit(ok + "A: 1\r\nB: 2\r\n\r\n", ok + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", {.header_count = 2},
               "more than 2 header fields");
  expect_limit(ok + "\r\n", ok + "A: 1\r\n\r\n", {.header_count = 0}, "more than 0 header fields");
}

TEST(ResponseLimits, Trailers) {
  const parser_limits limits{.header_bytes = 32, .header_count = 2};
  const std::string head{chunked};
  expect_limit(head + "0\r\nA: 1\r\nB: 2\r\n\r\n", head + "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits,
               "more than 2 trailer fields");
  expect_limit(head + "0\r\nA: " + std::string(25, 'x') + "\r\n\r\n",
               head + "0\r\nA: " + std::string(26, 'x') + "\r\n\r\n", limits, "trailers of more than 32 bytes");
}

TEST(ResponseLimits, ChunkExtensionsOfTheWholeMessage) {
  const std::string head{chunked};
  const parser_limits limits{.chunk_extensions = 6};
  expect_limit(head + "1;ab\r\nx\r\n1;c\r\nx\r\n0;\r\n\r\n", head + "1;ab\r\nx\r\n1;c\r\nx\r\n0;d\r\n\r\n", limits,
               "chunk extensions of more than 6 bytes");
  EXPECT_TRUE(
      run_parser("GET", head + "1;" + std::string(100, 'x'), 1, limits).why.starts_with("chunk size line too long"));
}

TEST(ResponseLimits, BodyBytes) {
  const parser_limits limits{.body_bytes = 5};
  expect_limit(ok + "Content-Length: 5\r\n\r\nhello", ok + "Content-Length: 6\r\n\r\nhello!", limits,
               "body of more than 5 bytes");
  const std::string head{chunked};
  expect_limit(head + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", head + "3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n", limits,
               "body of more than 5 bytes");
  expect_limit(ok + "\r\nhello", ok + "\r\nhello!", limits, "body of more than 5 bytes");
  EXPECT_FALSE(run_parser("HEAD", ok + "Content-Length: 6\r\n\r\n", 100, limits).refused) << "no body comes";
}

TEST(ResponseLimits, InterimHeads) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const std::string last = ok + "Content-Length: 0\r\n\r\n";
  expect_limit(interim + interim + last, interim + interim + interim + last, {.interim_heads = 2},
               "more than 2 interim responses before the final one");
}

TEST(ResponseLimits, CountAnewForEachResponse) {
  response_parser parser{"GET", {.header_count = 2, .chunk_extensions = 2, .interim_heads = 1, .body_bytes = 1}};
  for (int i = 0; i < 3; ++i) {
    std::string_view input =
        "HTTP/1.1 100 Continue\r\nA: b\r\nB: c\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n1;x\r\ny\r\n0\r\nA: b\r\nB: c\r\n\r\n";
    while (parser.next(input)) {
    }
    EXPECT_TRUE(parser.keep_alive());
    parser.reset("GET");
  }
}

TEST(ProtocolError, CarriesAStatus) {
  const auto status_of = [](const std::string& text) {
    response_parser parser{"GET", {.header_count = 1}};
    std::string_view input = text;
    try {
      while (parser.next(input)) {
      }
    } catch (const protocol_error& error) {
      return error.status();
    }
    return 0;
  };
  EXPECT_EQ(status_of(ok + "A : b\r\n\r\n"), 400);
  EXPECT_EQ(status_of(ok + "A: b\r\nC: d\r\n\r\n"), 431);
  EXPECT_EQ(status_of(ok + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_of("HTTP/3.0 200 OK\r\n\r\n"), 505);
}

}  // namespace
