// Servers that lead a client round in circles, close while it speaks, and are slow; lines that are tampered with.

#include <optional>
#include <string>
#include <vector>
#include <weft/http.hpp>

#include "http/fake_servers.hpp"
#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::http::response;
using weft::testing::fake_peer;
using weft::testing::ok;
using weft::testing::redirect;
using weft::testing::run_sockets;
using weft::testing::scripted;
using weft::testing::seen_request;
using weft::testing::text_of;
using weft::testing::with_server;

// ---- redirects and cookies ------------------------------------------------------------------------------------------

TEST(NetHttpClientTrouble, RedirectsThatLeadNowhereEnd) {
  const auto answers = [](const seen_request& r) {
    const std::string path = r.line.substr(4, r.line.rfind(' ') - 4);
    if (path == "/a") return redirect(302, "/b");
    if (path == "/b") return redirect(307, "/a");
    if (path == "/empty") return redirect(301, "");
    if (path.starts_with("/longer")) return redirect(302, path + "/longer");
    return ok(path);
  };
  with_server(answers, [](std::string url, scripted& server) -> task<> {
    client c{{.base_url = url}};
    for (const char* const path : {"/a", "/empty", "/longer"}) {
      server.requests.clear();
      const std::string text = co_await text_of<weft::http::too_many_redirects>(c.get(path));
      EXPECT_TRUE(text.starts_with("GET " + url + "/")) << text;
      EXPECT_TRUE(text.ends_with(": redirected more than 10 times")) << text;
      EXPECT_EQ(server.requests.size(), 11U);
    }
    EXPECT_EQ(co_await c.get("/fine").text(), "/fine");
  });
}

TEST(NetHttpClientTrouble, CredentialsOfARedirectAreUsedAndNotShown) {
  std::string to;
  const auto answers = [&](const seen_request& r) {
    return r.line.find("/start") != std::string::npos ? redirect(302, to)
                                                      : "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
  };
  with_server(answers, [&](std::string url, scripted& server) -> task<> {
    to = "http://ann:secret@" + url.substr(7) + "/in";
    client c{{.base_url = url}};
    EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get("/start").text()), "GET " + url + "/in: 401");
    EXPECT_NE(server.requests.back().head.find("authorization: Basic YW5uOnNlY3JldA==\r\n"), std::string::npos);
  });
}

TEST(NetHttpClientTrouble, CookiesByTheThousandAreLimited) {
  int answered = 0;
  const auto answers = [&](const seen_request& r) {
    const int count = r.line.find("/all-at-once") != std::string::npos ? 1000 : 100;
    std::string fields;
    for (int i = 0; i < count; ++i) {
      fields +=
          "Set-Cookie: c" + std::to_string(answered) + "-" + std::to_string(i) + "=" + std::string(100, 'v') + "\r\n";
    }
    ++answered;
    return ok("x", fields);
  };
  with_server(answers, [](std::string url, scripted& server) -> task<> {
    client c{{.base_url = url}};
    for (int i = 0; i < 50; ++i) co_await c.get("/");
    EXPECT_LE(c.cookies().size(), 180U);
    EXPECT_LT(server.requests.back().head.size(), 9'000U);
    EXPECT_EQ(server.connections, 1);
    const std::string text = co_await text_of<request_error>(c.get("/all-at-once"));
    EXPECT_EQ(text, "GET " + url + "/all-at-once: more than 128 header fields");
  });
}

// ---- request bodies -------------------------------------------------------------------------------------------------

TEST(NetHttpClientTrouble, AServerThatClosesOverARequestBody) {
  run_sockets([]() -> task<> {
    std::string says;
    std::size_t takes = 0;
    const auto serve = [&](weft::tcp_stream connection) -> task<> {
      try {
        co_await connection.read_until("\r\n\r\n");
        for (std::size_t got = 0; got < takes && !connection.at_end();) {
          const std::string_view piece = co_await connection.fill();
          got += piece.size();
          connection.consume(piece.size());
        }
        co_await connection.write(says);
      } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the client has gone
      }
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, serve}, [&](weft::tcp_server& server) -> task<> {
      const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
      client c;
      const std::string body(8'000'000, 'x');
      for (const std::size_t taken : {std::size_t{0}, std::size_t{1'000'000}}) {
        takes = taken;
        says.clear();
        const std::string text = co_await text_of<request_error>(c.put(url).body(body));
        EXPECT_TRUE(text.starts_with("PUT " + url + ": ")) << text;
        EXPECT_GT(text.size(), url.size() + 10);
        says = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!";
        response r = co_await c.put(url).body(body);
        EXPECT_EQ(r.status(), 413);
        EXPECT_EQ(r.text(), "no!");
        EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
      }
    });
  });
}

// ---- names and proxies ----------------------------------------------------------------------------------------------

TEST(NetHttpClientTrouble, AHostThatIsNotKnownIsNamed) {
  run_sockets([]() -> task<> {
    client c{{.use_environment = false}};
    const std::string text = co_await text_of<request_error>(c.get("http://nowhere.invalid/a"));
    EXPECT_TRUE(text.starts_with("GET http://nowhere.invalid/a: ")) << text;
    EXPECT_NE(text.find("nowhere.invalid", 30), std::string::npos) << text;
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
  });
}

// What says it is a proxy, and is none that one can work with.
TEST(NetHttpClientTrouble, ProxiesThatMakeNoTunnel) {
  const std::vector<std::pair<std::string, std::string>> all{
      {weft::testing::then_close, "the connection ended before a response began"},
      {"SSH-2.0-OpenSSH_9.2\r\n", R"(not an HTTP response: begins with "SSH-2.0-OpenSSH_9.2")"},
      {"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n",
       "the proxy 127.0.0.1:PORT refuses a tunnel to secret.test:443: 302 Found"},
      {"HTTP/1.1 200 " + std::string(10'000, 'x') + "\r\n\r\n", "first line longer than 8192 bytes: "},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x'), "header fields of more than 65536 bytes"},
      {"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "TLS with secret.test"},
      {"HTTP/1.1 200 OK\r\n\r\n" + weft::testing::then_close, "TLS with secret.test"},
  };
  std::string answer;
  with_server([&](const seen_request&) { return answer; },
              [&](std::string proxy, scripted& server) -> task<> {
                client c{{.tls_timeout = 2s, .proxy = proxy}};
                for (const auto& [said, reason] : all) {
                  answer = said;
                  std::string expected = "GET https://secret.test/: " + reason;
                  if (const std::size_t at = expected.find("127.0.0.1:PORT"); at != std::string::npos) {
                    expected.replace(at, 14, proxy.substr(7));
                  }
                  const std::string text = co_await text_of<request_error>(c.get("https://secret.test/"));
                  EXPECT_TRUE(text.starts_with(expected)) << text << "\n" << expected;
                  EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
                }
                EXPECT_EQ(server.requests.size(), all.size());
              });
}

// ---- TLS ------------------------------------------------------------------------------------------------------------

/// Passes on what comes, with one bit of one byte turned.
task<> pass(weft::tcp_stream& from, weft::tcp_stream& to, std::optional<std::size_t> turned) {
  try {
    std::size_t passed = 0;
    while (!from.at_end()) {
      std::string piece{co_await from.read_some()};
      if (turned && *turned >= passed && *turned < passed + piece.size()) piece[*turned - passed] ^= 0x10;
      passed += piece.size();
      co_await to.write(piece);
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): one of them has gone
  }
  to.shutdown_write();
}

TEST(NetHttpClientTrouble, TlsThatIsTamperedWithIsRefused) {
  run_sockets([]() -> task<> {
    scripted server{[](const seen_request&) { return ok(std::string(50, 'g')); }};
    const auto serve = [&](weft::tls_stream connection) { return server.serve(std::move(connection)); };
    co_await weft::with(
        weft::tls_server{"127.0.0.1", 0, weft::testing::world().server_context(), serve},
        [&](weft::tls_server& behind) -> task<> {
          std::size_t turned = 0;
          const auto relay = [&](weft::tcp_stream from) -> task<> {
            weft::tcp_stream to = co_await weft::open_connection("127.0.0.1", behind.port());
            co_await weft::gather(pass(from, to, std::nullopt), pass(to, from, turned));
          };
          co_await weft::with(weft::tcp_server{"127.0.0.1", 0, relay}, [&](weft::tcp_server& between) -> task<> {
            const std::string url = "https://localhost:" + std::to_string(between.port()) + "/";
            int refused = 0;
            for (turned = 0; turned < 1600; turned += 29) {
              const weft::tls_context trusting = weft::testing::world().client_context();
              client c{{.tls_timeout = 300ms, .read_timeout = 300ms, .tls = &trusting}};
              std::string text;
              try {
                EXPECT_EQ(co_await c.get(url).text(), std::string(50, 'g'));
              } catch (const request_error& e) {
                text = e.what();
                EXPECT_EQ(e.code().category(), make_error_code(weft::tls_errc{}).category()) << text;
              } catch (const weft::timeout_error& e) {  // where it is a length that was turned
                text = e.what();
              }
              if (text.empty()) continue;
              ++refused;
              EXPECT_TRUE(text.starts_with("GET " + url + ": ")) << text;
              EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
            }
            EXPECT_GT(refused, 30);
          });
        });
  });
}

// ---- time -----------------------------------------------------------------------------------------------------------

/// Runs `body(client)` on the simulated clock. `serve(peer)` has the other end of each connection, after the request.
template <class S, class F>
void with_slow_server(S serve, F body) {
  const auto speak = [&](fake_peer& peer, const weft::http::url&) -> task<> {
    co_await weft::testing::read_request(peer);
    co_await serve(peer);
  };
  weft::testing::run([&] { return weft::testing::beside_fake_servers(speak, body, {.base_url = "http://slow.test"}); });
}

/// How long `work` takes until it fails for lack of time, and what it says then.
struct patience {
  std::string text;
  std::chrono::nanoseconds time;
};
template <class A>
task<patience> patience_of(A work) {
  const weft::time_point begin = weft::now();
  patience seen;
  seen.text = co_await text_of<weft::timeout_error>(std::move(work));
  seen.time = weft::now() - begin;
  co_return seen;
}

TEST(HttpClientTrouble, AHeadThatDripsInHasItsTime) {
  const auto serve = [](fake_peer& peer) -> task<> {
    co_await peer.write("HTTP/1.1 200 OK\r\nX: ");
    for (;;) {
      co_await weft::sleep(1s);
      co_await peer.write("x");
    }
  };
  with_slow_server(serve, [](client& c) -> task<> {
    const patience seen = co_await patience_of(c.get("/"));
    EXPECT_EQ(seen.text, "GET http://slow.test/: no answer came in 30 s");
    EXPECT_EQ(seen.time, 30s);
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
  });
}

TEST(HttpClientTrouble, InterimResponsesForeverAreNoAnswer) {
  const auto serve = [](fake_peer& peer) -> task<> {
    for (;;) {
      co_await peer.write("HTTP/1.1 102 Processing\r\n\r\n");
      co_await weft::sleep(10s);
    }
  };
  with_slow_server(serve, [](client& c) -> task<> {
    const patience seen = co_await patience_of(c.get("/"));
    EXPECT_EQ(seen.text, "GET http://slow.test/: no answer came in 30 s");
    EXPECT_EQ(seen.time, 30s);
  });
}

TEST(HttpClientTrouble, ABodyThatDripsInEndsWithTheRequestsTime) {
  const auto serve = [](fake_peer& peer) -> task<> {
    co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (;;) {
      co_await peer.write("x");
      co_await weft::sleep(10s);
    }
  };
  with_slow_server(serve, [](client& c) -> task<> {
    patience seen = co_await patience_of(c.get("/"));
    EXPECT_EQ(seen.text, "GET http://slow.test/: not complete in time");
    EXPECT_EQ(seen.time, 60s);
    seen = co_await patience_of(c.get("/").timeout(90s));
    EXPECT_EQ(seen.time, 90s);
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
  });
}

TEST(HttpClientTrouble, ABodyThatStopsIsGivenUp) {
  const auto serve = [](fake_peer& peer) -> task<> {
    co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
    co_await peer.fill();
  };
  with_slow_server(serve, [](client& c) -> task<> {
    patience seen = co_await patience_of(c.get("/").timeout(1h));
    EXPECT_EQ(seen.text, "GET http://slow.test/: nothing more came in 30 s");
    EXPECT_EQ(seen.time, 30s);
    auto stream = co_await c.get("/").stream();
    EXPECT_EQ(co_await stream.next(), "x");
    seen = co_await patience_of(stream.next());
    EXPECT_EQ(seen.text, "GET http://slow.test/: nothing more came in 30 s");
    EXPECT_EQ(c.idle_connections(), 0U);
  });
}

TEST(HttpClientTrouble, ARedirectIsFollowedWithoutWaitingForItsBody) {
  int asked = 0;
  const auto serve = [&](fake_peer& peer) -> task<> {
    std::string answer = redirect(302, "/there");
    answer.pop_back();
    if (++asked == 2) answer = ok("there");
    co_await peer.write(answer);
    co_await peer.fill();
  };
  with_slow_server(serve, [](client& c) -> task<> {
    const weft::time_point begin = weft::now();
    EXPECT_EQ(co_await c.get("/").text(), "there");
    EXPECT_LE(weft::now() - begin, 1s);
    c.close_idle();
  });
}

TEST(HttpClientTrouble, AServerThatSaysNothingIsGivenUp) {
  with_slow_server([](fake_peer& peer) -> task<> { co_await peer.fill(); },
                   [](client& c) -> task<> {
                     patience seen = co_await patience_of(c.get("/"));
                     EXPECT_EQ(seen.text, "GET http://slow.test/: no answer came in 30 s");
                     seen = co_await patience_of(c.post("/").body("data").timeout(7s));
                     EXPECT_EQ(seen.text, "POST http://slow.test/: not complete in time");
                     EXPECT_EQ(seen.time, 7s);
                     seen = co_await patience_of(c.get("https://slow.test/"));
                     EXPECT_TRUE(seen.text.starts_with("GET https://slow.test/: ")) << seen.text;
                     EXPECT_EQ(seen.time, 10s) << seen.text;
                   });
}

}  // namespace
