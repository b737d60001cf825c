// What broken and hostile servers send: the client says which request it was and what is wrong, does not use the
// connection again, and goes on with all others.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/patterns.hpp>
#include <weft/testing.hpp>

#include "http/bombs.hpp"
#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::http::response;
using weft::testing::ok;
using weft::testing::redirect;
using weft::testing::run_sockets;
using weft::testing::scripted;
using weft::testing::seen_request;
using weft::testing::text_of;
using weft::testing::then_close;
using weft::testing::with_server;

std::string operator+(std::string_view a, const std::string& b) { return std::string{a} + b; }

constexpr std::string_view head = "HTTP/1.1 200 OK\r\n";
constexpr std::string_view chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What a server sends, and what the client says to that.
struct evil {
  std::string sent;
  std::string reason;
};

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<evil> evils() {
  std::vector<evil> all;
  const auto add = [&](std::string sent, std::string reason) { all.push_back({std::move(sent), std::move(reason)}); };
  // Cut short.
  add(then_close, "the connection ended before a response began");
  add("HTTP" + then_close, R"(the connection ended in the middle of the status line: "HTTP")");
  add(head + "Content-Le" + then_close, "the connection ended in the middle of the header fields, after 0 of them");
  add(head + "Content-Length: 10\r\n\r\n" + then_close,
      "the connection ended in the middle of the body: 0 of 10 bytes came");
  add(head + "Content-Length: 10\r\n\r\n123456789" + then_close,
      "the connection ended in the middle of the body: 9 of 10 bytes came");
  add(chunked_head + "5\r\nhel" + then_close, "the connection ended in the middle of a chunk, 2 bytes before its end");
  add(chunked_head + "5\r\nhello\r\n" + then_close,
      "the connection ended in the middle of a chunked body, before its last chunk");
  add(chunked_head + "5\r\nhello\r\n0\r\n" + then_close,
      "the connection ended in the middle of the trailers of a chunked body");
  // Wrong lengths.
  add(head + "Content-Length: -1\r\n\r\n", R"(bad Content-Length "-1")");
  add(head + "Content-Length: 5x\r\n\r\nhello", R"(bad Content-Length "5x")");
  add(head + "Content-Length: \r\n\r\nhello", R"(bad Content-Length "")");
  add(head + "Content-Length: 99999999999999999999\r\n\r\n", R"(bad Content-Length "99999999999999999999")");
  add(head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      "two different lengths in Content-Length: 5 and 6");
  add(head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "both Content-Length and Transfer-Encoding in the header fields");
  add(head + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", R"(transfer coding other than chunked: "gzip")");
  add(head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", R"(transfer coding other than chunked: "gzip")");
  // Broken chunks.
  add(chunked_head + "zz\r\n", R"(bad chunk size "zz")");
  add(chunked_head + "-5\r\nhello\r\n", R"(bad chunk size "-5")");
  add(chunked_head + "5\r\nhello0\r\n\r\n", R"(no CR LF at the end of a chunk, but "0\r\n\r\n")");
  add(chunked_head + "5\nhello\r\n0\r\n\r\n", R"(bare LF after the chunk size "5")");
  add(chunked_head + "ffffffffffffffff1\r\n", R"(chunk size of more than 16 digits: "ffffffffffffffff1")");
  add(chunked_head + "5;" + std::string(20'000, 'x') + "\r\nhello\r\n0\r\n\r\n",
      "chunk extensions of more than 16384 bytes");
  add(chunked_head + "0\r\n" + repeated("a: b\r\n", 200) + "\r\n", "more than 128 trailer fields");
  // Heads.
  add("SSH-2.0-OpenSSH_9.2\r\n", R"(not an HTTP response: begins with "SSH-2.0-OpenSSH_9.2")");
  add("HTTP/2.0 200 OK\r\n\r\n", R"(unsupported HTTP version: "HTTP/2.0")");
  add("HTTP/1.1 2000 OK\r\n\r\n", R"(bad status line: "HTTP/1.1 2000 OK")");
  add("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      "the server switches protocols, which nobody has asked for");
  add("HTTP/1.1 200 " + std::string(1'000'000, 'x') + "\r\n\r\n",
      R"(first line longer than 8192 bytes: "HTTP/1.1 200 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"...)");
  add(head + "X: " + std::string(1'000'000, 'x') + "\r\n\r\n", "header fields of more than 65536 bytes");
  add(head + std::string(1'000'000, 'x'), "header fields of more than 65536 bytes");
  add(head + repeated("a: b\r\n", 1000) + "\r\n", "more than 128 header fields");
  add(head + "a : b\r\n\r\n", R"(whitespace before the colon in header line 1: "a : b")");
  add(head + "a: b\r\n c\r\n\r\n", R"(folded field in header line 2: " c")");
  add(head + "a: b\n\r\n", R"(bare LF in header line 1: "a: b")");
  add(head + std::string{"a: b\0c\r\n\r\n", 10}, R"(control byte 0x00 in header line 1: "a: b\x00c")");
  add(repeated("HTTP/1.1 100 Continue\r\n\r\n", 1000), "more than 32 interim responses before the final one");
  // Codings.
  add(ok("x", "Content-Encoding: rot13\r\n"), R"(unknown content coding "rot13")");
  add(ok("x", "Content-Encoding: gzip, gzip, gzip, gzip, gzip\r\n"), "more than 4 content codings");
  add(ok("this is no gzip", "Content-Encoding: gzip\r\n"), "bad gzip body: incorrect header check");
  add(ok("this is no zlib", "Content-Encoding: deflate\r\n"), "bad deflate body: invalid code lengths set");
  add(ok("this is no brotli", "Content-Encoding: br\r\n"), "bad br body: PADDING_1");
  add(ok("this is no zstd", "Content-Encoding: zstd\r\n"), "bad zstd body: Unknown frame descriptor");
  const std::string zipped = weft::http::gzip("a text");
  add(ok(zipped.substr(0, zipped.size() - 1), "Content-Encoding: gzip\r\n"), "bad gzip body: it ends too early");
  add(ok(zipped + "behind", "Content-Encoding: gzip\r\n"), "bad gzip body: bytes after its end");
  // Redirects.
  add(redirect(302, "ftp://example.org/"), "sent on to ftp://example.org/, which is neither http nor https");
  add(redirect(302, "javascript:alert(1)"), "sent on to javascript:alert(1), which is neither http nor https");
  add(redirect(302, "file:///etc/passwd"), "sent on to file:///etc/passwd, which is neither http nor https");
  add(redirect(302, "http://"), R"(sent on to "http://": empty host in the URL)");
  add(redirect(302, "http://[::1"),
      R"(sent on to "http://[::1": bad host "[::1" in the URL: no ] at the end of the IPv6 address)");
  add(redirect(302, "http://a b/"), R"(sent on to "http://a b/": bad host "a b" in the URL: it must not contain " ")");
  add(redirect(302, "http://a%3Ab:c@example.org/"),
      "sent on to \"http://a%3Ab:c@example.org/\": a user name for basic authentication holds no colon and no control "
      "bytes");
  add(redirect(302, "http://example.org:99999/"),
      R"(sent on to "http://example.org:99999/": bad port "99999" in the URL: it must not be above 65535)");
  return all;
}

/// "/7" asks for the seventh.
std::string answer(const std::vector<evil>& all, const seen_request& request) {
  const std::size_t number = std::strtoul(request.line.c_str() + request.line.find('/') + 1, nullptr, 10);
  return number < all.size() ? all[number].sent : ok("good");
}

TEST(NetHttpClientHostile, EachResponseThatIsWrongIsAnErrorOfItsOwn) {
  const std::vector<evil> all = evils();
  with_server([&](const seen_request& r) { return answer(all, r); },
              [&](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                for (std::size_t i = 0; i < all.size(); ++i) {
                  const std::string name = "GET " + url + "/" + std::to_string(i) + ": ";
                  const std::string text = co_await text_of<request_error>(c.get("/" + std::to_string(i)));
                  EXPECT_EQ(text, name + all[i].reason);
                  EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U) << text;
                  EXPECT_EQ(server.requests.size(), i + 1) << "nothing is asked again";
                }
              });
}
}  // namespace
