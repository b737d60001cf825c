// How the client gets to a server: TLS, proxies, connections of the user's own.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <support/certificates.hpp>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "http/scripted_server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::testing::ok;
using weft::testing::scripted;
using weft::testing::seen_request;
using weft::testing::text_of;

/// A server for https, and whom its clients must trust.
struct https_world {
  weft::testing::authority ca{"weft test CA"};
  weft::testing::identity own = ca.issue({.common_name = "localhost", .names = {"localhost"}});
  weft::tls_context server = weft::tls_context::server().add_certificate_pem(own.certificate, own.key);
  weft::tls_context client = weft::tls_context::client().trust_pem(ca.certificate());
};

https_world& world() {
  static https_world made;
  return made;
}

/// Runs `body(url, server)` beside an https server with this script.
template <class F>
void with_https_server(weft::testing::script answers, F body) {
  weft::run([&]() -> task<> {
    scripted server{std::move(answers)};
    const auto serve = [&](weft::tls_stream connection) { return server.serve(std::move(connection)); };
    co_await weft::with(weft::tls_server{"127.0.0.1", 0, world().server, serve},
                        [&](weft::tls_server& listening) -> task<> {
                          co_await body("https://localhost:" + std::to_string(listening.port()), server);
                        });
  });
}

/// A proxy that makes tunnels, and notes what it was asked.
struct tunnel_proxy {
  std::vector<std::string> asked;
  std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";

  task<> serve(weft::tcp_stream from) {
    std::optional<seen_request> request = co_await weft::testing::read_request(from);
    if (!request) co_return;
    asked.push_back(request->head);
    co_await from.write(std::string_view{answer});
    if (!answer.starts_with("HTTP/1.1 200")) co_return;
    const std::string port = request->line.substr(request->line.find(':') + 1);
    weft::tcp_stream to = co_await weft::open_connection("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port)));
    co_await weft::gather(pass(from, to), pass(to, from));
  }
  static task<> pass(weft::tcp_stream& from, weft::tcp_stream& to) {
    for (;;) {
      const std::string text = co_await from.read_some();
      if (text.empty()) break;
      co_await to.write(text + "");
    }
    to.shutdown_write();
  }
};

TEST(NetHttpClientRoute, SpeaksTlsWithServersItTrusts) {
  with_https_server([](const seen_request& r) { return ok(r.line); },
                    [](std::string url, scripted& server) -> task<> {
                      client c{{.base_url = url, .tls = &world().client}};
                      EXPECT_EQ(co_await c.get("/secret").text(), "GET /secret HTTP/1.1");
                      EXPECT_EQ(co_await c.get("/again").text(), "GET /again HTTP/1.1");
                      EXPECT_EQ(server.connections, 1);
                    });
}

TEST(NetHttpClientRoute, RefusesServersItDoesNotTrust) {
  with_https_server([](const seen_request& r) { return ok(r.line); },
                    [](std::string url, scripted& server) -> task<> {
                      client c{{.base_url = url}};
                      std::error_code code;
                      try {
                        co_await c.get("/");
                      } catch (const weft::http::request_error& e) {
                        code = e.code();
                        EXPECT_TRUE(std::string{e.what()}.starts_with("GET " + url + "/: TLS with localhost"))
                            << e.what();
                      }
                      EXPECT_EQ(code, weft::tls_errc::unknown_ca);
                      EXPECT_TRUE(server.requests.empty());
                      client careless{{.base_url = url, .verify = false}};
                      EXPECT_EQ((co_await careless.get("/")).status(), 200);
                    });
}

TEST(NetHttpClientRoute, DoesNotWaitForAHandshakeForEver) {
  weft::run([]() -> task<> {
    const auto says_nothing = [](weft::tcp_stream connection) -> task<> { co_await connection.read_all(); };
    co_await with(weft::tcp_server{"127.0.0.1", 0, says_nothing}, [](weft::tcp_server& server) -> task<> {
      const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
      client c{{.tls_timeout = 50ms}};
      const std::string text = co_await weft::testing::text_of<weft::timeout_error>(c.get(url));
      EXPECT_TRUE(text.starts_with("GET " + url + ": TLS handshake with ")) << text;
      EXPECT_TRUE(text.ends_with(": timed out")) << text;
      EXPECT_EQ(c.active_connections(), 0U);
    });
  });
}

TEST(NetHttpClientRoute, AsksAProxyForPlainRequests) {
  weft::testing::with_server([](const seen_request&) { return ok("by proxy"); },
                             [](std::string url, scripted& proxy) -> task<> {
                               url.insert(url.find("//") + 2, "ann:s%20t@");
                               client c{{.proxy = url}};
                               EXPECT_EQ(co_await c.get("http://one.test/a?b#c").text(), "by proxy");
                               EXPECT_EQ(co_await c.get("http://two.test:81/").text(), "by proxy");
                               EXPECT_EQ(proxy.connections, 1);
                               EXPECT_EQ(proxy.requests[0].line, "GET http://one.test/a?b HTTP/1.1");
                               EXPECT_NE(proxy.requests[0].head.find("host: one.test\r\n"), std::string::npos);
                               EXPECT_NE(proxy.requests[1].head.find("proxy-authorization: Basic YW5uOnMgdA==\r\n"),
                                         std::string::npos);
                             });
}

/// Sets a variable of the environment for the time of a block.
class environment_variable {
 public:
  environment_variable(const char* name, const std::string& value) : name_{name} { ::setenv(name, value.c_str(), 1); }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;
  ~environment_variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(NetHttpClientRoute, HeedsTheEnvironment) {
  weft::testing::with_server(
      [](const seen_request&) { return ok("by proxy"); },
      [](std::string url, scripted& proxy) -> task<> {
        const weft::testing::temporary_text logins{"machine one.test login ann password secret\n"};
        const environment_variable netrc{"NETRC", logins.path()};
        const environment_variable http_proxy{"http_proxy", url};
        const environment_variable no_proxy{"no_proxy", "127.0.0.1"};
        client c;
        EXPECT_EQ(co_await c.get("http://one.test/").text(), "by proxy");
        EXPECT_EQ(proxy.requests[0].line, "GET http://one.test/ HTTP/1.1");
        EXPECT_NE(proxy.requests[0].head.find("authorization: Basic YW5uOnNlY3JldA==\r\n"), std::string::npos);
        co_await c.get(url + "/direct");
        EXPECT_EQ(proxy.requests[1].line, "GET /direct HTTP/1.1");
        EXPECT_EQ(proxy.requests[1].head.find("authorization"), std::string::npos);
      });
}

TEST(NetHttpClientRoute, TunnelsThroughAProxy) {
  with_https_server([](const seen_request& r) { return ok(r.head); },
                    [](std::string url, scripted& server) -> task<> {
                      tunnel_proxy proxy;
                      weft::tcp_server proxying{"127.0.0.1", 0,
                                                [&](weft::tcp_stream s) { return proxy.serve(std::move(s)); }};
                      co_await weft::with(proxying, [&](weft::tcp_server& listening) -> task<> {
                        const std::string at = "http://ann:secret@127.0.0.1:" + std::to_string(listening.port());
                        client c{{.base_url = url, .tls = &world().client, .proxy = at}};
                        const std::string seen = co_await c.get("/x").text();
                        EXPECT_TRUE(seen.starts_with("GET /x HTTP/1.1\r\n")) << seen;
                        EXPECT_EQ(seen.find("proxy-"), std::string::npos);
                        EXPECT_EQ(co_await c.get("/y").expect_status().text(), co_await c.get("/y").text());
                        EXPECT_EQ(server.connections, 1);
                        EXPECT_EQ(proxy.asked.size(), 1U);
                        EXPECT_NE(proxy.asked[0].find("Basic "), std::string::npos);
                        c.close_idle();
                        proxy.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
                        const std::string refused = co_await text_of<weft::http::request_error>(c.get("/z"));
                        EXPECT_NE(refused.find("refuses a tunnel to localhost:"), std::string::npos) << refused;
                      });
                    });
}

TEST(NetHttpClientRoute, TakesConnectionsOfTheUsersOwn) {
  weft::testing::run([]() -> task<> {
    client c{{.base_url = "http://stand-in.test"}};
    std::vector<std::unique_ptr<weft::testing::stream_pair>> pairs;
    c.connect_with([&](const weft::http::url& to) -> task<weft::byte_stream> {
      EXPECT_EQ(to.host(), "stand-in.test");
      pairs.push_back(std::make_unique<weft::testing::stream_pair>());
      pairs.back()->peer.split({1});
      co_await pairs.back()->peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      co_return std::move(pairs.back()->stream);
    });
    EXPECT_EQ(co_await c.get("/").text(), "hello");
    c.close_idle();
    c.connect_with([](const weft::http::url&) -> task<weft::byte_stream> {
      co_await weft::sleep(1h);
      co_return weft::byte_stream{};
    });
    EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("/")),
              "GET http://stand-in.test/: no connection to stand-in.test in 10 s");
  });
}

TEST(NetHttpClientRoute, TakesCredentialsFromTheUrlAndShowsThemNowhere) {
  weft::testing::with_server(
      [](const seen_request&) { return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"; },
      [](std::string url, scripted& server) -> task<> {
        const std::string plain = url;
        url.insert(url.find("//") + 2, "Aladdin:open%20sesame@");
        client c;
        EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get(url).text()), "GET " + plain + "/: 401");
        EXPECT_NE(server.requests[0].head.find("authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
                  std::string::npos);
      });
}

TEST(NetHttpClientEvents, TellHowFarARequestHasCome) {
  with_https_server([](const seen_request&) { return ok("x"); },
                    [](std::string url, scripted&) -> task<> {
                      client c{{.base_url = url, .tls = &world().client}};
                      std::vector<weft::http::request_stage> stages;
                      std::vector<std::uint64_t> numbers;
                      weft::time_point last{};
                      c.on_event([&](const weft::http::request_event& e) {
                        stages.push_back(e.stage);
                        numbers.push_back(e.number);
                        EXPECT_GE(e.at, last);
                        last = e.at;
                        EXPECT_EQ(e.method, "GET");
                        EXPECT_EQ(e.url.str(), url + "/a");
                        EXPECT_EQ(e.status, e.stage >= weft::http::request_stage::first_byte ? 200 : 0);
                      });
                      using enum weft::http::request_stage;
                      co_await c.get("/a");
                      EXPECT_EQ(stages, (std::vector{start, resolved, connected, encrypted, sent, first_byte, end}));
                      stages.clear();
                      co_await c.get("/a");
                      EXPECT_EQ(stages, (std::vector{start, sent, first_byte, end}));
                      EXPECT_EQ(numbers.front(), 1U);
                      EXPECT_EQ(numbers.back(), 2U);
                      stages.clear();
                      {
                        auto left = co_await c.get("/a").stream();
                      }
                      EXPECT_EQ(stages, (std::vector{start, sent, first_byte, failed}));
                    });
}

TEST(HttpClientMock, AnswersWithoutAServer) {
  weft::testing::run([]() -> task<> {
    client c{{.base_url = "http://example.org/"}};
    std::vector<std::string> asked;
    c.answer_with([&](const weft::http::mock_request& r) -> task<weft::http::mock_response> {
      asked.push_back(r.method + " " + r.url.str() + " " + r.body);
      if (r.url.path() == "/moved") {
        weft::http::mock_response moved{302};
        moved.header("location", "/here");
        co_return moved;
      }
      if (r.url.path() == "/slow") co_await weft::sleep(1h);
      co_return weft::http::mock_response{r.url.path() == "/missing" ? 404 : 200, "made up"};
    });
    EXPECT_EQ(co_await c.post("/x").body("data").text(), "made up");
    weft::http::response r = co_await c.get("/moved");
    EXPECT_EQ(r.url().str(), "http://example.org/here");
    EXPECT_EQ(asked, (std::vector<std::string>{"POST http://example.org/x data", "GET http://example.org/moved ",
                                               "GET http://example.org/here "}));
    EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get("/missing").text()),
              "GET http://example.org/missing: 404: made up");
    EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("/slow")),
              "GET http://example.org/slow: not complete in time");
    auto stream = co_await c.get("/").stream();
    EXPECT_EQ(co_await stream.next(), "made up");
    EXPECT_EQ(co_await stream.next(), std::nullopt);
  });
}

}  // namespace
