// What a server does about clients that are slow, greedy or wrong.

#include <gtest/gtest.h>

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
using weft::testing::says;
using weft::testing::with_http_server;

weft::task<server_response> hello(server_request&) { co_return server_response::text("hello"); }

weft::task<server_response> echo(server_request& request) { co_return server_response::text(co_await request.text()); }

/// The status of the first response in what a server has said.
std::string status_of(const std::string& answer) {
  const std::size_t at = answer.find("HTTP/1.1 ");
  return at == answer.npos ? "none" : answer.substr(at + 9, 3);
}

TEST(HttpServerLimits, RefusesWhatIsNotHttpAndClosesTheConnection) {
  struct bad {
    std::string bytes;
    const char* status;
  };
  const std::string host = "Host: a\r\n";
  const std::vector<bad> all = {
      {"GET\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", "505"},
      {"\x16\x03\x01\x02", "400"},
      {"GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", "414"},
      {"GET / HTTP/1.1\r\n" + host + "a: " + std::string(70'000, 'a') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2000000\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + std::string(0x200000, 'a'),
       "413"},
  };
  with_http_server(echo, [&](weft::http::server& server) -> weft::task<> {
    for (const bad& each : all) {
      const std::string answer = co_await says(server, each.bytes);
      EXPECT_EQ(status_of(answer), each.status) << each.bytes.substr(0, 80) << "\n" << answer;
      EXPECT_NE(answer.find("\r\nconnection: close\r\n"), answer.npos) << answer;
    }
    EXPECT_EQ(status_of(co_await says(server, "GET / HTTP/1.0\r\n\r\n")), "200");
  });
}

/// Says something, and then nothing more; gives what the server answered up to the end of the connection, and when that
/// came.
struct answer_in_time {
  std::string text;
  std::chrono::nanoseconds after;
};
weft::task<answer_in_time> says_and_waits(const weft::http::server& server, std::string bytes) {
  const weft::time_point begin = weft::now();
  std::string text = co_await says(server, std::move(bytes));
  co_return answer_in_time{std::move(text), weft::now() - begin};
}

TEST(HttpServerLimits, WaitsForAHeadAndBetweenRequestsForLimitedTimes) {
  with_http_server(hello, [](weft::http::server& server) -> weft::task<> {
    answer_in_time answer = co_await says_and_waits(server, "GET / HTTP/1.1\r\nHost:");
    EXPECT_EQ(status_of(answer.text), "408");
    EXPECT_GE(answer.after, 10s);
    EXPECT_LE(answer.after, 12s);
    answer = co_await says_and_waits(server, "");
    EXPECT_EQ(answer.text, "");
    EXPECT_GE(answer.after, 10s);
    EXPECT_LE(answer.after, 12s);
    answer = co_await says_and_waits(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer.text), "200");
    EXPECT_GE(answer.after, 75s);
    EXPECT_LE(answer.after, 77s);
  });
}

TEST(HttpServerLimits, AHeadThatComesByteByByteIsNoReasonToWaitLonger) {
  with_http_server(hello, [](weft::http::server& server) -> weft::task<> {
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
    const weft::time_point begin = weft::now();
    co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\na: ");
    const auto drip = [&]() -> weft::task<> {
      for (;;) {
        co_await weft::sleep(1s);
        co_await stream.write("a");
      }
    };
    std::string answer;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(drip());
      answer = co_await stream.read_all();
      tg.cancel();
    });
    EXPECT_EQ(status_of(answer), "408");
    EXPECT_LE(weft::now() - begin, 13s);
  });
}

TEST(HttpServerLimits, ABodyMayTakeAsLongAsItsSizeEarns) {
  with_http_server(echo, [](weft::http::server& server) -> weft::task<> {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ";
    // Nothing comes.
    const answer_in_time answer = co_await says_and_waits(server, head + "10\r\n\r\nabc");
    EXPECT_EQ(status_of(answer.text), "408");
    EXPECT_GE(answer.after, 20s);
    EXPECT_LE(answer.after, 23s);
    // 1000 bytes a second, for a minute and a half.
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
    co_await stream.write(head + "90000\r\n\r\n");
    for (int i = 0; i < 90; ++i) {
      co_await weft::sleep(1s);
      co_await stream.write(std::string(1000, 'a'));
    }
    const std::string whole = co_await stream.read_all();
    EXPECT_EQ(status_of(whole), "200");
    EXPECT_TRUE(whole.ends_with("aaaa"));
  });
}

TEST(HttpServerLimits, CutsOffAClientThatTakesNothing) {
  weft::testing::fate seen;
  with_http_server(
      [&](server_request&) -> weft::task<server_response> {
        co_return server_response::stream([&](weft::http::body_writer& to) -> weft::task<> {
          const weft::testing::witness here{seen};
          const std::string piece(100'000, 'a');
          for (;;) co_await to.write(piece);
        });
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        while (server.connections() == 0) co_await weft::sleep(1s);
        while (server.connections() != 0) co_await weft::sleep(1s);
        EXPECT_TRUE(seen.stopped);
      });
}

TEST(HttpServerLimits, ASlowClientMayTakeItsTime) {
  static const std::string large(20'000'000, 'x');
  with_http_server(
      [](server_request&) -> weft::task<server_response> { co_return server_response::static_bytes(large); },
      [](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write("GET / HTTP/1.0\r\n\r\n");
        const weft::time_point begin = weft::now();
        std::size_t got = 0;
        for (;;) {
          std::size_t second = 0;
          while (second < 200'000) {
            const std::string piece = co_await stream.read_some();
            if (piece.empty()) break;
            second += piece.size();
          }
          if (second == 0) break;
          got += second;
          co_await weft::sleep(1s);
        }
        EXPECT_GT(got, large.size());
        EXPECT_GT(weft::now() - begin, 80s);
      });
}

TEST(HttpServerLimits, TurnsFurtherConnectionsAway) {
  with_http_server(hello,
                   [](weft::http::server& server) -> weft::task<> {
                     weft::tcp_stream first = co_await weft::open_connection("127.0.0.1", server.port());
                     weft::tcp_stream second = co_await weft::open_connection("127.0.0.1", server.port());
                     while (server.connections() < 2) co_await weft::sleep(1ms);
                     EXPECT_EQ(status_of(co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "503");
                     first.close();
                     while (server.connections() > 1) co_await weft::sleep(1ms);
                     EXPECT_EQ(status_of(co_await says(server, "GET / HTTP/1.0\r\n\r\n")), "200");
                   },
                   {.max_connections = 2});
}

TEST(HttpServerLimits, CountsConnectionsOfEachAddress) {
  with_http_server(hello,
                   [](weft::http::server& server) -> weft::task<> {
                     weft::tcp_stream first = co_await weft::open_connection("127.0.0.1", server.port());
                     while (server.connections() < 1) co_await weft::sleep(1ms);
                     EXPECT_EQ(status_of(co_await says(server, "GET / HTTP/1.0\r\n\r\n")), "503");
                   },
                   {.max_connections_per_address = 1});
}

TEST(HttpServerLimits, ClosesAConnectionThatHasHadItsRequests) {
  with_http_server(hello,
                   [](weft::http::server& server) -> weft::task<> {
                     const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
                     const std::string answer = co_await says(server, request + request + request);
                     EXPECT_EQ(
                         answer,
                         "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\n\r\nhello"
                         "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\n"
                         "connection: close\r\n\r\nhello");
                   },
                   {.max_requests_per_connection = 2});
}

TEST(HttpServerLimits, DropsABodyThatNobodyReadsUpToALimit) {
  with_http_server(hello, [](weft::http::server& server) -> weft::task<> {
    const auto post = [](std::size_t size) {
      return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
             std::string(size, 'a');
    };
    const std::string last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const auto answers_in = [](const std::string& text) {
      std::size_t count = 0;
      for (std::size_t at = 0; (at = text.find("HTTP/1.1 200", at)) != text.npos; ++at) ++count;
      return count;
    };
    EXPECT_EQ(answers_in(co_await says(server, post(60'000) + last)), 2u);
    EXPECT_EQ(answers_in(co_await says(server, post(70'000) + last)), 1u);
  });
}

}  // namespace
