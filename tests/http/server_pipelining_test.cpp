// Requests of one connection that come without waiting for the answers, and are handled at the same time.

#include <gtest/gtest.h>
#include <algorithm>

#include <random>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::fate;
using weft::testing::says;
using weft::testing::with_http_server;
using weft::testing::without_dates;
using weft::testing::witness;
using lines = std::vector<std::string>;

constexpr weft::http::server_options eight_at_once{.concurrent_per_connection = 8};

std::string get(std::string_view path) { return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string last(std::string_view path) {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
}
std::string post(std::string_view path) {
  return "POST " + std::string{path} + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
}

/// What was said, without heads that are all alike.
std::string in_short(std::string answers) {
  const std::string usual = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ";
  for (std::size_t at = 0; (at = answers.find(usual, at)) != answers.npos;) {
    const std::size_t end = answers.find("\r\n\r\n", at);
    const bool closes = answers.substr(at, end - at).ends_with("connection: close");
    answers.replace(at, end + 4 - at, closes ? "!" : ">");
  }
  return answers;
}

/// Notes when requests begin and end; "/20" takes 20 ms.
struct slow_handler {
  lines noted;

  weft::task<server_response> operator()(server_request& request) { return handle(*this, request); }

  static weft::task<server_response> handle(slow_handler& self, server_request& request) {
    const std::string path{request.path()};
    self.noted.push_back("begin " + path);
    co_await weft::sleep(std::chrono::milliseconds{std::stoi(path.substr(1))});
    self.noted.push_back("end " + path);
    co_return server_response::text(path);
  }
};

TEST(HttpServerPipelining, HandlesOneRequestAfterTheOtherUnlessAsked) {
  slow_handler handler;
  with_http_server(std::ref(handler), [&](weft::http::server& server) -> weft::task<> {
    const std::string all = co_await says(server, get("/30") + get("/10") + last("/20"));
    EXPECT_EQ(in_short(all), ">/30>/10!/20");
  });
  EXPECT_EQ(handler.noted, (lines{"begin /30", "end /30", "begin /10", "end /10", "begin /20", "end /20"}));
}

TEST(HttpServerPipelining, HandlesRequestsAtTheSameTimeAndAnswersInOrder) {
  slow_handler handler;
  with_http_server(
      std::ref(handler),
      [&](weft::http::server& server) -> weft::task<> {
        const std::string all = co_await says(server, get("/30") + get("/10") + last("/20"));
        EXPECT_EQ(in_short(all), ">/30>/10!/20");
      },
      eight_at_once);
  EXPECT_EQ(handler.noted, (lines{"begin /30", "begin /10", "begin /20", "end /10", "end /20", "end /30"}));
}

TEST(HttpServerPipelining, TakesUpWhatComesWhileAHandlerRuns) {
  slow_handler handler;
  with_http_server(
      std::ref(handler),
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(get("/50"));
        co_await weft::sleep(10ms);
        co_await stream.write(get("/20") + "GET /1 HT");
        co_await weft::sleep(10ms);
        co_await stream.write(std::string_view{"TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"});
        const std::string all = co_await stream.read_all();
        EXPECT_EQ(in_short(without_dates(all)), ">/50>/20!/1");
      },
      eight_at_once);
  EXPECT_EQ(handler.noted, (lines{"begin /50", "begin /20", "begin /1", "end /1", "end /20", "end /50"}));
}

TEST(HttpServerPipelining, WhatMayChangeSomethingWaitsForItsTurn) {
  slow_handler handler;
  with_http_server(
      std::ref(handler),
      [&](weft::http::server& server) -> weft::task<> {
        const std::string all = co_await says(server, get("/30") + get("/10") + post("/5") + get("/20") + last("/9"));
        EXPECT_EQ(in_short(all), ">/30>/10>/5>/20!/9");
      },
      eight_at_once);
  EXPECT_EQ(handler.noted, (lines{"begin /30", "begin /10", "end /10", "end /30", "begin /5", "end /5", "begin /20",
                                  "begin /9", "end /9", "end /20"}));
}

TEST(HttpServerPipelining, NoMoreAtOnceThanAllowed) {
  std::size_t running = 0;
  std::size_t most = 0;
  auto handler = [&](server_request&) -> weft::task<server_response> {
    most = std::max(most, ++running);
    co_await weft::sleep(10ms);
    --running;
    co_return server_response::text("x");
  };
  with_http_server(handler,
                   [&](weft::http::server& server) -> weft::task<> {
                     std::string all;
                     for (int i = 0; i < 20; ++i) all += get("/");
                     const std::string answers = co_await says(server, all + last("/"));
                     EXPECT_EQ(in_short(answers), ">x>x>x>x>x>x>x>x>x>x>x>x>x>x>x>x>x>x>x>x!x");
                   },
                   {.concurrent_per_connection = 3});
  EXPECT_EQ(most, 3U);
}

TEST(HttpServerPipelining, NothingIsHandledBehindTheLastRequest) {
  slow_handler handler;
  with_http_server(std::ref(handler),
                   [&](weft::http::server& server) -> weft::task<> {
                     const std::string all = co_await says(server, get("/20") + last("/10") + get("/5"));
                     EXPECT_EQ(in_short(all), ">/20!/10");
                     const std::string allowed = co_await says(server, get("/21") + get("/11") + get("/6") + get("/7"));
                     EXPECT_EQ(in_short(allowed), ">/21>/11!/6");
                   },
                   {.max_requests_per_connection = 3, .concurrent_per_connection = 8});
  EXPECT_EQ(handler.noted, (lines{"begin /20", "begin /10", "end /10", "end /20",  //
                                  "begin /21", "begin /11", "begin /6", "end /6", "end /11", "end /21"}));
}

TEST(HttpServerPipelining, RefusesNonsenseOnceWhatWasBeforeItIsAnswered) {
  slow_handler handler;
  with_http_server(
      std::ref(handler),
      [&](weft::http::server& server) -> weft::task<> {
        const std::string all = co_await says(server, get("/20") + get("/10") + "nonsense\r\n\r\n" + get("/1"));
        EXPECT_TRUE(in_short(all).starts_with(">/20>/10HTTP/1.1 400 Bad Request\r\n")) << all;
      },
      eight_at_once);
  EXPECT_EQ(handler.noted, (lines{"begin /20", "begin /10", "end /10", "end /20"}));
}

TEST(HttpServerPipelining, ErrorsComeInTheirTurn) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/teapot") throw weft::http::http_error{418, "I am short."};
        co_await weft::sleep(10ms);
        co_return server_response::text("x");
      },
      [](weft::http::server& server) -> weft::task<> {
        const std::string all = co_await says(server, get("/") + get("/teapot") + last("/"));
        EXPECT_EQ(in_short(all),
                  ">xHTTP/1.1 418 I'm a Teapot\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 12\r\n\r\n"
                  "I am short.\n!x");
      },
      eight_at_once);
}

TEST(HttpServerPipelining, HintsAndStreamsStayInOrder) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        const std::string path{request.path()};
        weft::http::headers fields;
        fields.add("Link", "<" + path + ">");
        request.send_early_hints(fields);
        if (path == "/slow") co_await weft::sleep(30ms);
        co_return server_response::stream([path](weft::http::body_writer& to) -> weft::task<> {
          co_await to.write(path);
          co_await weft::sleep(10ms);
          co_await to.write("!");
        });
      },
      [](weft::http::server& server) -> weft::task<> {
        const auto answer = [](const std::string& path, const std::string& connection) {
          std::string text = "HTTP/1.1 103 Early Hints\r\nLink: <" + path + ">\r\n\r\n";
          text += "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n";
          return text + connection + "\r\n5\r\n" + path + "\r\n1\r\n!\r\n0\r\n\r\n";
        };
        const std::string all = co_await says(server, get("/slow") + get("/fast") + last("/late"));
        EXPECT_EQ(all, answer("/slow", "") + answer("/fast", "") + answer("/late", "connection: close\r\n"));
      },
      eight_at_once);
}

TEST(HttpServerPipelining, TheClientGoesAndAllAreStoppedButThoseThatRunOn) {
  fate fates[3];
  weft::event all_run;
  auto handler = [&](server_request& request) -> weft::task<server_response> {
    const auto which = static_cast<std::size_t>(request.path().at(1) - '0');
    fate& own = fates[which];
    if (which == 1) request.stop_when_gone(false);
    const witness stopped{own};
    if (which == 2) all_run.set();
    co_await weft::sleep(1s);
    EXPECT_TRUE(request.client_gone());
    EXPECT_EQ(request.path(), "/1");
    own.ended = true;
    co_return server_response::text("nobody reads this");
  };
  with_http_server(
      handler,
      [&](weft::http::server& server) -> weft::task<> {
        {
          weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
          co_await stream.write(get("/0") + get("/1") + get("/2"));
          co_await all_run.wait();
          stream.set_reset_on_close(true);
        }
        while (server.connections() != 0) co_await weft::sleep(10ms);
        EXPECT_TRUE(fates[0].stopped && fates[2].stopped);
        EXPECT_FALSE(fates[1].stopped);
        co_await weft::sleep(2s);
      },
      eight_at_once);
  EXPECT_TRUE(fates[1].ended && !fates[1].stopped);
  EXPECT_TRUE(!fates[0].ended && !fates[2].ended);
}

TEST(HttpServerPipelining, AllThatHasBegunIsAnsweredWhenTheServerDrains) {
  slow_handler handler;
  with_http_server(
      std::ref(handler),
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(get("/30") + get("/40") + get("/10"));
        co_await weft::sleep(5ms);
        const bool in_peace = co_await server.drain(5s);
        EXPECT_TRUE(in_peace);
        const std::string all = co_await stream.read_all();
        EXPECT_EQ(in_short(without_dates(all)), ">/30>/40!/10");
      },
      eight_at_once);
}

TEST(HttpServerPipelining, TheServerStopsWhatIsHandledAhead) {
  fate fates[2];
  weft::event both_run;
  auto handler = [&](server_request& request) -> weft::task<server_response> {
    const auto which = static_cast<std::size_t>(request.path().at(1) - '0');
    request.stop_when_gone(false);
    const witness stopped{fates[which]};
    if (which == 1) both_run.set();
    co_await weft::sleep(1h);
    co_return server_response::text("too late");
  };
  weft::testing::run([&]() -> weft::task<> {
    std::optional<weft::tcp_stream> stream;
    co_await weft::with(weft::http::server{std::ref(handler), {.concurrent_per_connection = 2, .drain_timeout = 1s}},
                        [&](weft::http::server& server) -> weft::task<> {
                          stream = co_await weft::open_connection("127.0.0.1", server.port());
                          co_await stream->write(get("/0") + get("/1"));
                          co_await both_run.wait();
                        });
    EXPECT_TRUE(fates[0].stopped && fates[1].stopped);
  });
}

TEST(HttpServerPipelining, AnUpgradeWaitsForItsTurn) {
  slow_handler handler;
  with_http_server(
      [&](server_request& request) -> weft::task<server_response> {
        if (!request.wants_upgrade()) co_return co_await slow_handler::handle(handler, request);
        co_return weft::http::accept_websocket(
            request, [](weft::http::websocket& socket) -> weft::task<> { co_await socket.send("welcome"); });
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(get("/20") + get("/10") +
                              "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                              "\x88\x80"
                              "abcd");
        const std::string all = co_await stream.read_all();
        const std::string shown = in_short(without_dates(all));
        EXPECT_TRUE(shown.starts_with(">/20>/10HTTP/1.1 101 Switching Protocols\r\n")) << shown;
        EXPECT_NE(shown.find("\r\n\r\n\x81\x07welcome"), shown.npos) << shown;
      },
      eight_at_once);
}

/// Requests as they may come, and what a connection answers to them with so many at once.
std::string answers_to(const std::vector<std::string>& pieces, std::size_t at_once) {
  std::string answers;
  auto handler = [](server_request& request) -> weft::task<server_response> {
    const std::string path{request.path()};
    std::string text = path;
    if (path.ends_with('5')) text += co_await request.text();
    co_await weft::sleep(std::chrono::milliseconds{std::stoi(path.substr(1))});
    if (path.ends_with('3')) throw weft::http::http_error{409, "It is a three."};
    if (!path.ends_with('7')) co_return server_response::text(text);
    co_return server_response::stream([text](weft::http::body_writer& to) -> weft::task<> {
      co_await to.write(text);
      co_await weft::sleep(3ms);
      co_await to.write(text);
    });
  };
  with_http_server(handler,
                   [&](weft::http::server& server) -> weft::task<> {
                     weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
                     for (const std::string& piece : pieces) {
                       co_await stream.write(std::string_view{piece});
                       co_await weft::sleep(4ms);
                     }
                     answers = without_dates(co_await stream.read_all());
                   },
                   {.concurrent_per_connection = at_once});
  return answers;
}

TEST(HttpServerPipelining, TheAnswersAreTheSameHoweverManyAreHandledAtOnce) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
    std::string all;
    for (std::size_t count = below(10); count > 0; --count) {
      const std::string path = "/" + std::to_string(below(30));
      const std::size_t kind = below(8);
      all += kind == 0 ? post(path) : kind == 1 ? "HEAD" + get(path).substr(3) : get(path);
    }
    if (below(6) == 0) all += "GET / HTTP/1.1\r\nBad header\r\n\r\n";
    all += last("/1");
    std::vector<std::string> pieces;
    while (!all.empty()) {
      const std::size_t size = std::min(all.size(), 1 + below(200));
      pieces.push_back(all.substr(0, size));
      all.erase(0, size);
    }
    const std::string expected = answers_to(pieces, 1);
    EXPECT_FALSE(expected.empty());
    for (const std::size_t at_once : {2U, 3U, 16U}) EXPECT_EQ(answers_to(pieces, at_once), expected) << "seed " << seed;
  }
}

}  // namespace
