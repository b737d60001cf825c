// What becomes of a handler when its client goes away.

#include <gtest/gtest.h>

#include <string>
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
using weft::testing::with_http_server;
using weft::testing::witness;

/// Sends a request to a server whose handler takes a minute, and does something to the connection then.
template <class F>
fate handler_of(const std::string& method, F then, std::optional<bool> choice = std::nullopt,
                weft::http::server_options options = {}) {
  fate seen;
  with_http_server(
      [&](server_request& request) -> weft::task<server_response> {
        if (choice) request.stop_when_gone(*choice);
        const witness here{seen};
        co_await weft::sleep(1min);
        seen.ended = true;
        co_return server_response::text("late");
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        while (!seen.begun) co_await weft::sleep(1ms);
        co_await then(stream);
        while (!seen.ended && !seen.stopped) co_await weft::sleep(1s);
      },
      options);
  return seen;
}

weft::task<> reset(weft::tcp_stream& stream) {
  stream.set_reset_on_close(true);
  stream.close();
  co_return;
}

TEST(HttpServerClientGone, StopsTheHandlerOfASafeMethod) {
  for (const char* const method : {"GET", "HEAD", "OPTIONS"}) {
    const fate seen = handler_of(method, reset);
    EXPECT_TRUE(seen.stopped) << method;
    EXPECT_FALSE(seen.ended) << method;
  }
}

TEST(HttpServerClientGone, OurOwnClientTellsThatItHasGivenUp) {
  fate seen;
  with_http_server(
      [&](server_request&) -> weft::task<server_response> {
        const witness here{seen};
        co_await weft::sleep(1min);
        seen.ended = true;
        co_return server_response::text("late");
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::http::client client;
        try {
          co_await client.get(server.url()).timeout(1s);
          ADD_FAILURE() << "no timeout";
        } catch (const weft::timeout_error&) {  // NOLINT(bugprone-empty-catch): as it should be
        }
        while (!seen.ended && !seen.stopped) co_await weft::sleep(1s);
      });
  EXPECT_TRUE(seen.stopped);
}

TEST(HttpServerClientGone, LetsWhatMayChangeSomethingEnd) {
  for (const char* const method : {"POST", "DELETE"}) EXPECT_TRUE(handler_of(method, reset).ended) << method;
}

TEST(HttpServerClientGone, EachHandlerCanChoose) {
  EXPECT_TRUE(handler_of("GET", reset, false).ended);
  EXPECT_TRUE(handler_of("POST", reset, true).stopped);
}

TEST(HttpServerClientGone, TheEndOfItsStreamIsNotGoing) {
  std::string answer;
  const fate seen = handler_of("GET", [&](weft::tcp_stream& stream) -> weft::task<> {
    stream.shutdown_write();
    answer = co_await stream.read_all();
  });
  EXPECT_TRUE(seen.ended);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(answer.ends_with("late"));
}

TEST(HttpServerClientGone, TheEndOfItsStreamIsGoingWhereTheServerSaysSo) {
  const auto end = [](weft::tcp_stream& stream) -> weft::task<> {
    stream.shutdown_write();
    co_return;
  };
  EXPECT_TRUE(handler_of("GET", end, std::nullopt, {.end_means_gone = true}).stopped);
  EXPECT_TRUE(handler_of("POST", end, std::nullopt, {.end_means_gone = true}).ended);
}

TEST(HttpServerClientGone, AResetAfterTheEndIsGoing) {
  const fate seen = handler_of("GET", [](weft::tcp_stream& stream) -> weft::task<> {
    stream.shutdown_write();
    co_await weft::sleep(5s);
    co_await reset(stream);
  });
  EXPECT_TRUE(seen.stopped);
}

TEST(HttpServerClientGone, StopsAStreamedBody) {
  fate seen;
  with_http_server(
      [&](server_request&) -> weft::task<server_response> {
        co_return server_response::stream([&](weft::http::body_writer& to) -> weft::task<> {
          const witness here{seen};
          for (;;) {
            co_await to.write("tick");
            co_await weft::sleep(1s);
          }
        });
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        co_await stream.read_until("tick");
        stream.close();  // noticed when the next piece is sent
        while (!seen.stopped) co_await weft::sleep(1s);
        while (server.connections() != 0) co_await weft::sleep(1s);
      });
}

}  // namespace
