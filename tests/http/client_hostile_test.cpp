// What broken and hostile servers send: the client says which request it was and what is wrong, does not use the
// connection again, and goes on with all others.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/patterns.hpp>

#include "http/bombs.hpp"
#include "http/scripted_server.hpp"
#include "net/sockets.hpp"

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
      R"(sent on to "http://[::1": bad host "[::1": no ] at the end of the IPv6 address)");
  add(redirect(302, "http://a b/"), R"(sent on to "http://a b/": bad host "a b": it must not contain " ")");
  add(redirect(302, "http://a%3Ab:c@example.org/"),
      "sent on to \"http://a%3Ab:c@example.org/\": a user name for basic authentication holds no colon and no control "
      "bytes");
  add(redirect(302, "http://example.org:99999/"),
      R"(sent on to "http://example.org:99999/": bad port "99999" in the URL: it must not be above 65535)");
  return all;
}

/// "/7" asks for the seventh.
std::string answer(const std::vector<evil>& all, const seen_request& request) {
  if (request.line.find("/fine") != std::string::npos) return ok("good");
  const std::size_t number = std::strtoul(request.line.c_str() + request.line.find('/') + 1, nullptr, 10);
  return all.at(number).sent;
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

TEST(NetHttpClientHostile, OtherRequestsAreNotHarmed) {
  const std::vector<evil> all = evils();
  with_server([&](const seen_request& r) { return answer(all, r); },
              [&](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url, .max_connections = 10}};
                std::vector<std::size_t> numbers(all.size() * 3);
                for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
                const auto ask = [&](std::size_t n) -> task<std::string> {
                  std::string text;
                  if (n % 3 == 0) {
                    text = co_await text_of<request_error>(c.get("/" + std::to_string(n / 3)));
                  } else {
                    text = co_await c.get("/fine").text();
                  }
                  co_return text;
                };
                const std::vector<std::string> texts = co_await weft::map(numbers, ask, {.limit = 30});
                for (std::size_t n = 0; n < texts.size(); ++n) {
                  const std::string name = "GET " + url + "/" + std::to_string(n / 3) + ": ";
                  EXPECT_EQ(texts[n], n % 3 == 0 ? name + all[n / 3].reason : "good");
                }
                EXPECT_EQ(c.active_connections(), 0U);
                EXPECT_LE(server.requests.size(), numbers.size() + 1) << "the one that was not answered, once more";
              });
}

// ---- what has no end ------------------------------------------------------------------------------------------------

/// Runs `body(url, sent)` beside a server that answers with `begin` and then `more` again and again, as long as
/// somebody takes it; `sent` counts the bytes.
template <class F>
void with_endless_server(std::string begin, std::string more, F body) {
  run_sockets([&]() -> task<> {
    std::size_t sent = 0;
    const auto serve = [&](weft::tcp_stream connection) -> task<> {
      try {
        co_await weft::testing::read_request(connection);
        co_await connection.write(begin);
        for (;;) {
          co_await connection.write(more);
          sent += more.size();
        }
      } catch (const std::system_error&) {  // the client has had enough
      }
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, serve}, [&](weft::tcp_server& server) -> task<> {
      co_await body("http://127.0.0.1:" + std::to_string(server.port()) + "/", sent);
      while (server.connections() != 0) co_await weft::sleep(1ms);
    });
  });
}

TEST(NetHttpClientHostile, WhatHasNoEndIsGivenUp) {
  const std::vector<evil> all{
      {"HTTP/1.1 200 ", "first line longer than 8192 bytes"},
      {std::string{head}, "more than 128 header fields"},
      {head + "X: ", "header fields of more than 65536 bytes"},
      {std::string{chunked_head} + "5;", "chunk size line too long"},
      {std::string{chunked_head} + "0", "chunk size line too long"},
      {std::string{chunked_head} + "0\r\nX: ", "trailers of more than 65536 bytes"},
      {"", "more than 32 interim responses"},
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string more = i == 1   ? repeated("a: b\r\n", 100)
                             : i == 6 ? repeated("HTTP/1.1 102 Processing\r\n\r\n", 10)
                                      : std::string(1000, '0');
    with_endless_server(all[i].sent, more, [&](std::string url, std::size_t& sent) -> task<> {
      client c;
      const std::string text = co_await text_of<request_error>(c.get(url));
      EXPECT_TRUE(text.starts_with("GET " + url + ": " + all[i].reason)) << text;
      EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U) << text;
      EXPECT_LT(sent, 20'000'000U) << "what fits into the buffers of the kernel";
    });
  }
}

TEST(NetHttpClientHostile, ABodyWithoutEndIsGivenUpAtTheLimit) {
  for (const std::string& fields : {std::string{"\r\n"}, std::string{"Content-Length: 99999999999\r\n\r\n"}}) {
    with_endless_server(head + fields, std::string(10'000, 'x'), [](std::string url, std::size_t& sent) -> task<> {
      client c{{.body_limit = 1'000'000}};
      const std::string text = co_await text_of<weft::limit_error>(c.get(url));
      EXPECT_TRUE(text.starts_with("the body of GET " + url + " is longer than the limit of 1000000")) << text;
      EXPECT_LT(sent, 20'000'000U);
      EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
    });
  }
}

// The connection goes, and the request goes on.
TEST(NetHttpClientHostile, ARedirectsBodyWithoutEndIsLeft) {
  with_server([](const seen_request&) { return ok("there"); },
              [](std::string there, scripted&) -> task<> {
                std::string moved = redirect(302, there + "/");
                moved.replace(moved.find("Content-Length: 5"), 17, "Content-Length: 99999999999");
                const auto serve = [&](weft::tcp_stream connection) -> task<> {
                  try {
                    co_await weft::testing::read_request(connection);
                    co_await connection.write(moved);
                    for (;;) co_await connection.write(std::string(10'000, 'x'));
                  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the client has gone
                  }
                };
                co_await weft::with(weft::tcp_server{"127.0.0.1", 0, serve}, [&](weft::tcp_server& s) -> task<> {
                  client c;
                  EXPECT_EQ(co_await c.get("http://127.0.0.1:" + std::to_string(s.port())).text(), "there");
                });
              });
}

// ---- compression bombs ----------------------------------------------------------------------------------------------

TEST(NetHttpClientHostile, CompressionBombsStopAtTheLimit) {
  const std::map<std::string, std::string> bombs{{"/gzip", weft::testing::gzip_bomb()},
                                                 {"/br", weft::testing::brotli_bomb()},
                                                 {"/zstd", weft::testing::zstd_bomb()},
                                                 {"/gzip, gzip", weft::http::gzip(weft::testing::gzip_bomb())}};
  const auto answers = [&](const seen_request& r) {
    for (const auto& [path, bomb] : bombs) {
      const std::string coded = path == "/gzip, gzip" ? "/twice" : path;
      if (r.line == "GET " + coded + " HTTP/1.1") return ok(bomb, "Content-Encoding: " + path.substr(1) + "\r\n");
    }
    return ok("good");
  };
  with_server(answers, [](std::string url, scripted&) -> task<> {
    client c{{.base_url = url, .body_limit = 1'000'000}};
    for (const std::string path : {"/gzip", "/br", "/zstd", "/twice"}) {
      const std::string text = co_await text_of<weft::limit_error>(c.get(path));
      const std::string begin = std::string{"the body of GET "}.append(url).append(path);
      EXPECT_TRUE(text.starts_with(begin)) << text;
      EXPECT_NE(text.find(" is longer than the limit of 10"), std::string::npos) << text;
      EXPECT_EQ(c.active_connections(), 0U);
      EXPECT_EQ(co_await c.get("/").text(), "good");
      // Piece by piece, nothing large is ever held; and what gets out of all proportion is an error there too.
      std::size_t most = 0;
      std::size_t all = 0;
      const std::string why = co_await text_of<weft::limit_error>([&]() -> task<> {
        auto stream = co_await c.get(path).stream();
        while (std::optional<std::string> piece = co_await stream.next()) {
          most = std::max(most, piece->size());
          all += piece->size();
        }
      }());
      EXPECT_LE(most, std::size_t{16} << 10);
      if (path == "/gzip") {
        EXPECT_EQ(all, weft::testing::bomb_size) << "no more than gzip can do";
      } else {
        EXPECT_TRUE(why.starts_with(begin + ", decompressed, is longer than the limit")) << why;
        EXPECT_LT(all, 3'000'000U);
      }
    }
  });
}

// ---- bytes that nobody has asked for --------------------------------------------------------------------------------

TEST(NetHttpClientHostile, BytesBehindAResponseAreNobodysAnswer) {
  const std::string evil_response = ok("evil");
  const auto answers = [&](const seen_request& r) {
    if (r.line.find("/none") != std::string::npos) return "HTTP/1.1 204 No Content\r\n\r\n" + evil_response;
    if (r.line.find("/same") != std::string::npos) return "HTTP/1.1 304 Not Modified\r\n\r\n" + evil_response;
    if (r.line.find("/short") != std::string::npos) return head + "Content-Length: 4\r\n\r\ngoodevil";
    if (r.line.find("/chunks") != std::string::npos) return chunked_head + "4\r\ngood\r\n0\r\n\r\n" + evil_response;
    return ok("good") + evil_response;
  };
  with_server(answers, [](std::string url, scripted& server) -> task<> {
    client c{{.base_url = url}};
    int asked = 0;
    for (const char* const path : {"/", "/none", "/same", "/short", "/chunks", "/"}) {
      response r = co_await c.get(path);
      EXPECT_EQ(r.text(), r.status() == 200 ? "good" : "") << path;
      EXPECT_EQ(c.idle_connections(), 0U) << path;
      EXPECT_EQ(server.connections, ++asked);
    }
    response r = co_await c.head("/short");
    EXPECT_EQ(r.text(), "");
    EXPECT_EQ(c.idle_connections(), 0U);
  });
}

TEST(NetHttpClientHostile, AResponseToNobodysRequestIsNobodysAnswer) {
  run_sockets([]() -> task<> {
    int connections = 0;
    weft::event idle;
    weft::event spoiled;
    const auto serve = [&](weft::tcp_stream connection) -> task<> {
      ++connections;
      co_await weft::testing::read_request(connection);
      co_await connection.write(ok("good"));
      if (connections == 1) {
        co_await idle.wait();
        co_await connection.write(ok("evil"));
        spoiled.set();
      }
      while (!connection.at_end()) co_await connection.read_some();
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, serve}, [&](weft::tcp_server& server) -> task<> {
      client c{{.base_url = "http://127.0.0.1:" + std::to_string(server.port())}};
      EXPECT_EQ(co_await c.post("/").text(), "good");
      EXPECT_EQ(c.idle_connections(), 1U);
      idle.set();
      co_await spoiled.wait();
      co_await weft::sleep(10ms);
      EXPECT_EQ(co_await c.post("/").text(), "good");
      EXPECT_EQ(connections, 2);
      EXPECT_EQ(c.idle_connections(), 1U);
    });
  });
}

}  // namespace
