#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/http/client_connection.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::http::client_connection;

namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

using handler = weft::task<> (*)(weft::tcp_stream);

/// Connects to a server that treats its connections so, and runs `body` with the connection.
void talk(handler server, std::function<weft::task<>(client_connection&)> body) {
  weft::run([&]() -> weft::task<> {
    weft::tcp_server listens{"127.0.0.1", 0, server};
    auto block = [&](weft::tcp_server& running) -> weft::task<> {
      weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", running.port());
      client_connection connection{std::move(stream)};
      co_await body(connection);
    };
    co_await weft::with(listens, block);
  });
}

weft::task<std::string> read_all(client_connection& connection) {
  std::string body;
  for (;;) {
    const std::string_view piece = co_await connection.read_body();
    if (piece.empty()) break;
    body += piece;
  }
  co_return body;
}

/// Sends a request and tells what error that gives.
weft::task<std::string> error_of(client_connection& connection) {
  try {
    co_await connection.send("GET", request);
    co_await read_all(connection);
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return "none";
}

weft::task<> answer_each(weft::tcp_stream stream) {
  for (int count = 1;; ++count) {
    const std::string_view asked = co_await stream.fill();
    if (asked.empty()) co_return;
    stream.consume(asked.size());
    const std::string body = "answer " + std::to_string(count);
    co_await stream.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body);
  }
}

TEST(ClientConnectionNet, CarriesOneRequestAfterAnother) {
  talk(answer_each, [](client_connection& connection) -> weft::task<> {
    EXPECT_FALSE(connection.answered());
    for (int i = 1; i <= 3; ++i) {
      co_await connection.send("GET", request);
      EXPECT_TRUE(connection.answered());
      EXPECT_FALSE(connection.reusable());
      EXPECT_EQ(connection.head().status, 200);
      const std::string body = co_await read_all(connection);
      EXPECT_EQ(body, "answer " + std::to_string(i));
      EXPECT_TRUE(connection.reusable());
    }
  });
}

TEST(ClientConnectionNet, RefusesARequestBeforeTheLastResponseWasRead) {
  talk(answer_each, [](client_connection& connection) -> weft::task<> {
    co_await connection.send("GET", request);
    const std::string error = co_await error_of(connection);
    EXPECT_EQ(error, "this connection cannot carry another request");
  });
}

TEST(ClientConnectionNet, ReadsChunksAndTrailers) {
  const handler server = [](weft::tcp_stream stream) -> weft::task<> {
    co_await stream.read_until("\r\n\r\n");
    co_await stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    co_await weft::sleep(1ms);
    co_await stream.write("lo\r\n7\r\n, world\r\n0\r\nChecksum: 1\r\n\r\n");
    co_await stream.read_some();
  };
  talk(server, [](client_connection& connection) -> weft::task<> {
    co_await connection.send("GET", request);
    const std::string body = co_await read_all(connection);
    EXPECT_EQ(body, "hello, world");
    EXPECT_EQ(connection.trailers().get("checksum"), "1");
    EXPECT_TRUE(connection.reusable());
  });
}

TEST(ClientConnectionNet, TakesABodyThatEndsWithTheConnection) {
  const handler server = [](weft::tcp_stream stream) -> weft::task<> {
    co_await stream.read_until("\r\n\r\n");
    co_await stream.write("HTTP/1.1 200 OK\r\n\r\nto the end");
  };
  talk(server, [](client_connection& connection) -> weft::task<> {
    co_await connection.send("GET", request);
    const std::string body = co_await read_all(connection);
    EXPECT_EQ(body, "to the end");
    EXPECT_TRUE(connection.ended());
    EXPECT_FALSE(connection.reusable());
  });
}

TEST(ClientConnectionNet, IsNotReusableAfterBytesThatNobodyAskedFor) {
  const handler server = [](weft::tcp_stream stream) -> weft::task<> {
    co_await stream.read_until("\r\n\r\n");
    co_await stream.write("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    co_await stream.read_some();
  };
  talk(server, [](client_connection& connection) -> weft::task<> {
    co_await connection.send("GET", request);
    const std::string body = co_await read_all(connection);
    EXPECT_EQ(body, "");
    EXPECT_FALSE(connection.reusable());
  });
}

TEST(ClientConnectionNet, TellsAnUnusedConnectionFromABrokenAnswer) {
  const handler silent = [](weft::tcp_stream stream) -> weft::task<> { co_await stream.read_until("\r\n\r\n"); };
  talk(silent, [](client_connection& connection) -> weft::task<> {
    const std::string error = co_await error_of(connection);
    EXPECT_EQ(error, "the connection ended before a response began");
    EXPECT_FALSE(connection.answered());
    EXPECT_TRUE(connection.ended());
    EXPECT_FALSE(connection.reusable());
  });

  const handler broken = [](weft::tcp_stream stream) -> weft::task<> {
    co_await stream.read_until("\r\n\r\n");
    co_await stream.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  };
  talk(broken, [](client_connection& connection) -> weft::task<> {
    const std::string error = co_await error_of(connection);
    EXPECT_NE(error, "none");
    EXPECT_TRUE(connection.answered());
    EXPECT_TRUE(connection.ended());
  });
}

TEST(ClientConnectionNet, IsNotReusableAfterAStop) {
  const handler slow = [](weft::tcp_stream stream) -> weft::task<> {
    co_await stream.read_until("\r\n\r\n");
    co_await stream.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    co_await weft::sleep(1h);
  };
  talk(slow, [](client_connection& connection) -> weft::task<> {
    const std::optional<std::string> body =
        co_await weft::move_on_after(50ms, [](client_connection& c) -> weft::task<std::string> {
          co_await c.send("GET", request);
          co_return co_await read_all(c);
        }(connection));
    EXPECT_FALSE(body.has_value());
    EXPECT_TRUE(connection.answered());
    EXPECT_FALSE(connection.ended());
    EXPECT_FALSE(connection.reusable());
  });
}

}  // namespace
