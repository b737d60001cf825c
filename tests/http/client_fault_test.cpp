// Responses cut at every byte, with a proxy in between that spoils the connections.

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <support/fault_proxy.hpp>
#include <vector>
#include <weft/http.hpp>
#include <weft/patterns.hpp>

#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::testing::fault;
using weft::testing::fault_proxy;
using weft::testing::faults;
using weft::testing::flow;
using weft::testing::ok;
using weft::testing::run_sockets;
using weft::testing::scripted;
using weft::testing::seen_request;
using weft::testing::then_close;
using weft::testing::world;

/// The body that every response stands for.
const std::string& whole() {
  static const std::string text = "It was the best of times, it was the worst of times, it was the age of wisdom.";
  return text;
}

/// In chunks, with an extension and a trailer.
std::string chunked(std::string body, const std::string& fields = "") {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n";
  for (std::size_t size = 1; !body.empty(); size = std::min<std::size_t>(size * 4, 15)) {
    const std::string piece = body.substr(0, size);
    body.erase(0, size);
    text += "0123456789abcdef"[piece.size()] + std::string{";x=y\r\n"} + piece + "\r\n";
  }
  return text + "0\r\nchecksum: 1\r\n\r\n";
}

/// What the server says to this path.
std::string answer(const seen_request& request) {
  const std::string path =
      request.line.substr(request.line.find('/'), request.line.rfind(' ') - request.line.find('/'));
  if (path == "/length") return ok(whole());
  if (path == "/chunked") return chunked(whole());
  if (path == "/gzip") return ok(weft::http::gzip(whole()), "Content-Encoding: gzip\r\n");
  if (path == "/gzip-chunked") return chunked(weft::http::gzip(whole()), "Content-Encoding: gzip\r\n");
  if (path == "/after-interim") return "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(whole());
  return "HTTP/1.1 200 OK\r\n\r\n" + whole() + then_close;
}

enum class reading { whole, in_pieces };

/// One request. Gives the body, or nothing if that failed in good order.
task<std::optional<std::string>> ask(client& c, std::string url, reading how) {
  std::string got;
  try {
    if (how == reading::whole) {
      weft::http::response r = co_await c.get(url);
      got = r.text();
    } else {
      weft::http::streaming_response r = co_await c.get(url).stream();
      while (std::optional<std::string> piece = co_await r.next()) {
        got += *piece;
        EXPECT_TRUE(whole().starts_with(got)) << got;
      }
    }
  } catch (const request_error& e) {
    const std::string text = e.what();
    EXPECT_TRUE(text.starts_with("GET " + url + ": ")) << text;
    EXPECT_GT(text.size(), url.size() + 15) << text;
    EXPECT_TRUE(e.cause()) << text;
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U) << text;
    co_return std::nullopt;
  }
  co_return got;
}

/// Runs `body(port)`, a task, with a server.
template <class F>
void with_faulty_server(bool tls, F body) {
  run_sockets([&]() -> task<> {
    scripted server{answer};
    const auto serve = [&](auto connection) { return server.serve(std::move(connection)); };
    if (tls) {
      co_await weft::with(weft::tls_server{"127.0.0.1", 0, world().server_context(), serve},
                          [&](weft::tls_server& s) -> task<> { co_await body(s.port()); });
    } else {
      co_await weft::with(weft::tcp_server{"127.0.0.1", 0, serve},
                          [&](weft::tcp_server& s) -> task<> { co_await body(s.port()); });
    }
  });
}

constexpr std::size_t overhead =
    50;  // of TLS: for a response that is one record, the goodbye, signatures of any length

/// Cuts responses to this path at each place.
void cut_everywhere(const std::string& path, bool tls, fault how, bool to_server = false) {
  SCOPED_TRACE(path + (tls ? " over TLS" : "") + (how == fault::end ? ", ended" : ", reset"));
  const bool ends_with_connection = path == "/to-the-end";
  with_faulty_server(tls, [&](std::uint16_t port) -> task<> {
    const weft::endpoint server = *weft::endpoint::parse("127.0.0.1", port);
    const auto url_of = [&](const fault_proxy& proxy) {
      return (tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(proxy.address().port()) + path;
    };
    std::size_t total = 0;
    {
      const fault_proxy proxy{server, [](std::size_t) { return faults{}; }};
      const weft::tls_context trusting = world().client_context();
      client c{{.tls = &trusting}};
      EXPECT_EQ(co_await ask(c, url_of(proxy), reading::whole), whole());
      total = to_server ? proxy.passed_to_server() : proxy.passed_to_client();
    }
    // With TLS, every byte of the response, and some of the handshake's.
    std::vector<std::size_t> cuts;
    const std::size_t response = answer({.line = "GET " + path + " HTTP/1.1", .head = {}, .body = {}}).size();
    const std::size_t begins = tls && total > response + overhead ? total - response - overhead : 0;
    const std::size_t step = std::getenv("WEFT_TEST_SOAK") != nullptr ? 1 : 97;
    for (std::size_t n = 0; n <= total; n += n < begins ? step : 1) cuts.push_back(n);

    const auto plan = [&](std::size_t n) {
      if (n % 2 == 1) return faults{};
      const flow cut{.passes = cuts.at(n / 2), .then = how};
      return to_server ? faults{.to_server = cut} : faults{.to_client = cut};
    };
    const fault_proxy proxy{server, plan};
    const std::string url = url_of(proxy);
    for (const std::size_t n : cuts) {
      SCOPED_TRACE("after " + std::to_string(n) + " of " + std::to_string(total) + " bytes");
      const weft::tls_context trusting = world().client_context();  // a session that is kept makes handshakes short
      client c{{.tls = &trusting}};
      const std::optional<std::string> got = co_await ask(c, url, n % 2 == 0 ? reading::whole : reading::in_pieces);
      if (ends_with_connection && !tls && how == fault::end) {  // nothing says where it ends
        EXPECT_TRUE(whole().starts_with(got.value_or("")));
      } else if (got) {
        EXPECT_EQ(*got, whole()) << "a part passes for the whole";
        EXPECT_GE(n + (tls ? overhead : 0), total);
      }
      c.close_idle();
      const std::optional<std::string> next = co_await ask(c, url, reading::whole);
      EXPECT_EQ(next, whole()) << "the next one is not harmed";
    }
  });
}

const std::vector<std::string>& paths() {
  static const std::vector<std::string> all{"/length",       "/chunked",       "/gzip",
                                            "/gzip-chunked", "/after-interim", "/to-the-end"};
  return all;
}

TEST(NetHttpClientFault, ResponsesThatEndAnywhere) {
  for (const std::string& path : paths()) cut_everywhere(path, false, fault::end);
}
TEST(NetHttpClientFault, ResponsesThatAreResetAnywhere) {
  for (const std::string& path : paths()) cut_everywhere(path, false, fault::reset);
}
TEST(NetHttpClientFault, ResponsesThatEndAnywhereWithTls) {
  for (const char* const path : {"/length", "/gzip-chunked", "/to-the-end"}) cut_everywhere(path, true, fault::end);
}
TEST(NetHttpClientFault, ResponsesThatAreResetAnywhereWithTls) {
  for (const char* const path : {"/length", "/to-the-end"}) cut_everywhere(path, true, fault::reset);
}
TEST(NetHttpClientFault, RequestsThatAreCutAnywhere) {
  for (const fault how : {fault::end, fault::reset}) cut_everywhere("/length", false, how, true);
}

// A kept connection that breaks under its second request: the request is sent again if it may be and nothing of an
// answer has come.
TEST(NetHttpClientFault, KeptConnectionsThatBreakAnywhere) {
  const std::size_t response = answer({.line = "GET /length HTTP/1.1", .head = {}, .body = {}}).size();
  for (const fault how : {fault::end, fault::reset}) {
    with_faulty_server(false, [&](std::uint16_t port) -> task<> {
      const auto plan = [&](std::size_t n) {
        return n % 2 == 1 ? faults{} : faults{.to_client = {.passes = response + n / 2, .then = how}};
      };
      const fault_proxy proxy{*weft::endpoint::parse("127.0.0.1", port), plan};
      const std::string url = "http://127.0.0.1:" + std::to_string(proxy.address().port()) + "/length";
      for (std::size_t n = 0; n < response; ++n) {
        SCOPED_TRACE("after " + std::to_string(n) + " of " + std::to_string(response) + " bytes");
        client c;
        EXPECT_EQ(co_await ask(c, url, reading::whole), whole());
        const std::optional<std::string> second = co_await ask(c, url, reading::whole);
        EXPECT_EQ(second.has_value(), n == 0);
        if (second) {
          EXPECT_EQ(*second, whole());
        } else {
          EXPECT_EQ(co_await ask(c, url, reading::whole), whole());
        }
      }
    });
  }
}

// Many requests share few connections, each of which breaks somewhere.
TEST(NetHttpClientFault, ManyRequestsOverConnectionsThatBreak) {
  with_faulty_server(false, [&](std::uint16_t port) -> task<> {
    std::minstd_rand random{7};
    const auto plan = [&](std::size_t) {
      const flow broken{.passes = random() % 2500, .then = random() % 2 == 0 ? fault::end : fault::reset};
      if (random() % 8 == 0) return faults{};
      return random() % 4 == 0 ? faults{.to_server = broken} : faults{.to_client = broken};
    };
    const fault_proxy proxy{*weft::endpoint::parse("127.0.0.1", port), plan};
    client c{{.max_connections = 6}};
    std::vector<std::size_t> numbers(600);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    const auto get = [&](std::size_t i) -> task<bool> {
      const std::string url =
          "http://127.0.0.1:" + std::to_string(proxy.address().port()) + paths()[i % (paths().size() - 1)];
      try {
        weft::http::response r = co_await c.get(url);
        EXPECT_EQ(r.text(), whole());
        co_return true;
      } catch (const request_error& e) {
        EXPECT_TRUE(std::string{e.what()}.starts_with("GET " + url + ": ")) << e.what();
        co_return false;
      }
    };
    const std::vector<bool> done = co_await weft::map(numbers, get, {.limit = 20});
    EXPECT_GT(std::count(done.begin(), done.end(), true), 200);
    EXPECT_GT(std::count(done.begin(), done.end(), false), 20);
    EXPECT_EQ(c.active_connections(), 0U);
    EXPECT_LE(c.idle_connections(), 6U);
  });
}

}  // namespace
