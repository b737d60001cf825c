// Requests that are stopped, wherever that can be: nothing may leak, and the pool must be right.

#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/testing.hpp>

#include "http/fake_servers.hpp"
#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::byte_stream;
using weft::task;
using weft::http::client;
using weft::http::client_options;
using weft::http::response;
using weft::http::url;
using weft::testing::beside_fake_servers;
using weft::testing::fake_peer;
using weft::testing::ok;
using weft::testing::redirect;
using weft::testing::seen_request;
using weft::testing::stop_counts;
using weft::testing::stops;
using weft::testing::text_of;

std::string chunked_gzip(const std::string& text) {
  const std::string zipped = weft::http::gzip(text);
  std::string all = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& piece : {zipped.substr(0, 10), zipped.substr(10)}) {
    weft::http::write_chunk_begin(all, piece.size());
    all += piece + "\r\n";
  }
  return all + "0\r\nchecksum: 1\r\n\r\n";
}

/// Answers each request.
template <class A>
task<> answer_all(byte_stream& connection, A& answer) {
  while (std::optional<seen_request> request = co_await weft::testing::read_request(connection)) {
    const std::string text = answer(*request);
    co_await connection.write(text);
  }
}

/// Answers all requests, in pieces that come one after the other.
template <class A>
auto answering(A answer) {
  return [answer](fake_peer& peer, const url&) -> task<> {
    peer.split({50, 3}, 1ms);
    co_await answer_all(peer, answer);
  };
}

/// Stops `body(client)` at each place, first the task itself, then any.
template <class S, class F>
void stop_everywhere(S serve, F body, client_options options = {}) {
  for (const stops whom : {stops::main_task, stops::any_task}) {
    const stop_counts counts =
        weft::testing::for_each_stop([&] { return beside_fake_servers(serve, body, options); },
                                     {.seed = whom == stops::any_task ? 1U : 0U,
                                      .stop = whom,
                                      .may_fail_when_stopped = whom == stops::any_task,  // of a server that was stopped
                                      .failed = [] { return ::testing::Test::HasFailure(); }});
    EXPECT_GT(counts.stopped + counts.failed, 5U);
    if (whom == stops::main_task) {
      EXPECT_EQ(counts.failed, 0U);
    }
  }
}

TEST(HttpClientStop, OfRequestsOneAfterTheOther) {
  const auto answer = [](const seen_request& r) {
    return r.line.find("/zipped") != std::string::npos ? chunked_gzip("a text") : ok(r.body);
  };
  stop_everywhere(answering(answer), [](client& c) -> task<> {
    EXPECT_EQ(co_await c.get("http://a.test/zipped").text(), "a text");
    EXPECT_EQ(co_await c.post("http://a.test/").body("data").text(), "data");
    EXPECT_EQ(co_await c.get("http://b.test/zipped").text(), "a text");
    EXPECT_EQ(c.idle_connections(), 2U);
  });
}

TEST(HttpClientStop, OfRedirectsAndCookies) {
  const auto answer = [](const seen_request& r) {
    if (r.line.find("/start") == std::string::npos) return ok(r.head.substr(r.head.find("host: ")));
    std::string moved = redirect(302, "http://b.test/end");
    return moved.insert(moved.find("Location"), "Set-Cookie: a=b\r\n");
  };
  stop_everywhere(answering(answer), [](client& c) -> task<> {
    const std::string seen = co_await c.get("http://a.test/start").text();
    EXPECT_TRUE(seen.starts_with("host: b.test\r\n")) << seen;
    EXPECT_EQ(c.cookies().size(), 1U);
    EXPECT_EQ(c.idle_connections(), 2U);
  });
}

TEST(HttpClientStop, OfBodiesThatAreSentWhileTheServerIsHeard) {
  const auto serve = [](fake_peer& peer, const url& to) -> task<> {
    peer.split({20}, 1ms);
    peer.set_room(100);
    const std::string head = co_await peer.read_until("\r\n\r\n");
    EXPECT_NE(head.find("\r\nexpect: 100-continue\r\n"), std::string::npos);
    if (to.host() == "refuses.test") {
      co_await peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
      co_return;
    }
    co_await peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    co_await peer.read_until("0\r\n\r\n");
    co_await peer.write(ok("done"));
    co_await peer.fill();
  };
  stop_everywhere(serve, [](client& c) -> task<> {
    const auto make = [](weft::http::body_writer& to) -> task<> {
      const std::string piece(70, 'x');
      for (int i = 0; i < 4; ++i) {
        co_await to.write(piece);
        co_await weft::sleep(1ms);
      }
    };
    EXPECT_EQ(co_await c.post("http://takes.test/").body_from(make).expect_continue().text(), "done");
    EXPECT_EQ(c.idle_connections(), 1U);
    response refused = co_await c.post("http://refuses.test/").body_from(make).expect_continue();
    EXPECT_EQ(refused.status(), 413);
    EXPECT_EQ(c.idle_connections(), 1U);
  });
}

TEST(HttpClientStop, OfBodiesThatAreReadPieceByPiece) {
  const auto answer = [](const seen_request&) { return ok(std::string(300, 'x')); };
  stop_everywhere(answering(answer), [](client& c) -> task<> {
    {
      auto stream = co_await c.get("http://a.test/").stream();
      std::size_t got = 0;
      while (std::optional<std::string> piece = co_await stream.next()) got += piece->size();
      EXPECT_EQ(got, 300U);
      EXPECT_EQ(c.idle_connections(), 1U);
      auto left = co_await c.get("http://a.test/").stream();
      co_await left.next();
    }
    EXPECT_EQ(c.idle_connections(), 0U);
  });
}

TEST(HttpClientStop, OfRequestsThatWaitForAConnection) {
  const auto answer = [](const seen_request& r) { return ok(r.line); };
  const auto body = [](client& c) -> task<> {
    auto a = c.get("http://a.test/1").text();
    auto b = c.get("http://a.test/2").text();
    auto other = c.get("http://b.test/3").text();
    const auto texts = co_await weft::gather(std::move(a), std::move(b), std::move(other));
    EXPECT_EQ(std::get<0>(texts), "GET /1 HTTP/1.1");
    EXPECT_EQ(std::get<1>(texts), "GET /2 HTTP/1.1");
    EXPECT_EQ(std::get<2>(texts), "GET /3 HTTP/1.1");
    EXPECT_EQ(c.idle_connections(), 1U);
  };
  stop_everywhere(answering(answer), body, {.max_connections = 1});
}

TEST(HttpClientStop, OfRequestsThatMeetADeadConnection) {
  const auto serve = [](fake_peer& peer, const url&) -> task<> {
    co_await weft::testing::read_request(peer);
    co_await peer.write(ok("one"));
    co_await weft::testing::read_request(peer);  // and not a word
  };
  stop_everywhere(serve, [](client& c) -> task<> {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await c.get("http://a.test/").text(), "one");
    EXPECT_EQ(c.idle_connections(), 1U);
  });
}

TEST(HttpClientStop, OfRequestsThatTakeTooLong) {
  const auto serve = [](fake_peer& peer, const url&) -> task<> {
    co_await weft::testing::read_request(peer);
    co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    co_await peer.fill();
  };
  stop_everywhere(serve, [](client& c) -> task<> {
    EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("http://a.test/")),
              "GET http://a.test/: nothing more came in 30 s");
    EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("http://a.test/").timeout(1s)),
              "GET http://a.test/: not complete in time");
    EXPECT_EQ(c.idle_connections(), 0U);
  });
}

TEST(HttpClientStop, OfTlsAndTunnels) {
  const weft::tls_context trusting = weft::testing::world().client_context();
  const auto serve = [](fake_peer& peer, const url& to) -> task<> {
    if (to.scheme() == "http") {
      const std::string asked = co_await peer.read_until("\r\n\r\n");
      EXPECT_TRUE(asked.starts_with("CONNECT localhost:443 HTTP/1.1\r\n")) << asked;
      co_await peer.write("HTTP/1.1 200 OK\r\n\r\n");
    }
    weft::tls_stream secure = co_await weft::start_tls(std::move(peer), weft::testing::world().server_context());
    const auto answer = [](const seen_request&) { return ok("secret"); };
    co_await answer_all(secure, answer);
  };
  const auto body = [](client& c) -> task<> {
    EXPECT_EQ(co_await c.get("https://localhost/").text(), "secret");
    EXPECT_EQ(c.idle_connections(), 1U);
  };
  stop_everywhere(serve, body, {.tls = &trusting});
  stop_everywhere(serve, body, {.tls = &trusting, .proxy = "http://proxy.test"});
}

// ---- and the next request -------------------------------------------------------------------------------------------

/// Stops `first(client)` after every number of turns of the loop: what it had of the pool is there for others.
template <class S, class F>
void stop_after_each_turn(S serve, F first, client_options options = {}) {
  bool finished = false;
  int turns = 0;
  for (; !finished && turns < 500; ++turns) {
    SCOPED_TRACE(std::to_string(turns) + " turns");
    const auto body = [&](client& c) -> task<> {
      auto work = weft::create_task(first(c));
      for (int i = 0; i < turns && !work.done(); ++i) co_await weft::sleep(0ms);
      finished = work.done();
      work.cancel();
      while (!work.done()) co_await weft::sleep(0ms);
      EXPECT_EQ(c.active_connections(), 0U);
      EXPECT_EQ(co_await c.get("http://a.test/next").text(), "GET /next HTTP/1.1");
      EXPECT_EQ(c.active_connections(), 0U);
      EXPECT_EQ(c.idle_connections(), 1U);
      c.close_idle();
    };
    weft::testing::run([&] { return beside_fake_servers(serve, body, options); });
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_TRUE(finished);
  EXPECT_GT(turns, 2);
}

const auto echo_lines = [](fake_peer& peer, const url&) -> task<> {
  peer.split({30});
  const auto answer = [](const seen_request& r) { return ok(r.line); };
  co_await answer_all(peer, answer);
};

TEST(HttpClientStop, LeavesThePoolToTheNextRequest) {
  const client_options one{.max_connections = 1};
  stop_after_each_turn(echo_lines, [](client& c) -> task<> { co_await c.get("http://a.test/"); }, one);
  stop_after_each_turn(
      echo_lines,
      [](client& c) -> task<> {
        co_await c.get("http://a.test/1");
        co_await c.get("http://a.test/2");
      },
      one);
  stop_after_each_turn(
      echo_lines,
      [](client& c) -> task<> {
        auto a = c.get("http://a.test/1").text();
        auto b = c.post("http://a.test/2").body("data").text();
        auto other = c.get("http://b.test/3").text();
        co_await weft::gather(std::move(a), std::move(b), std::move(other));
        c.close_idle();
      },
      one);
}

// One waits in line behind another that is stopped: the connection, or the room for one, is handed on, in order.
TEST(HttpClientStop, HandsThePlaceInThePoolOn) {
  bool finished = false;
  for (int turns = 0; !finished && turns < 500; ++turns) {
    SCOPED_TRACE(std::to_string(turns) + " turns");
    const auto body = [&](client& c) -> task<> {
      auto first = weft::create_task(c.get("http://a.test/first").text());
      auto second = weft::create_task(c.get("http://a.test/second").text());
      auto third = weft::create_task(c.get("http://b.test/third").text());
      for (int i = 0; i < turns && !second.done(); ++i) co_await weft::sleep(0ms);
      finished = second.done();
      second.cancel();
      EXPECT_EQ(co_await first, "GET /first HTTP/1.1");
      EXPECT_EQ(co_await third, "GET /third HTTP/1.1");
      EXPECT_TRUE(second.done()) << "it was before the third in line";
      while (!second.done()) co_await weft::sleep(0ms);
      EXPECT_EQ(c.active_connections(), 0U);
      EXPECT_EQ(c.idle_connections(), 1U);
      c.close_idle();
    };
    weft::testing::run([&] { return beside_fake_servers(echo_lines, body, {.max_connections = 1}); });
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_TRUE(finished);
}

}  // namespace
