// A server that ends in peace, though it has much to do.

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::tcp_stream;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;
using weft::http::websocket;
using weft::testing::with_http_server;

task<> until_closed(websocket& ws) {
  for (;;) {
    const std::optional<weft::http::message> m = co_await ws.receive();
    if (!m) co_return;
  }
}

task<> ten_pieces(weft::http::response_writer& to) {
  for (int i = 0; i < 10; ++i) {
    co_await to.write("piece ");
    co_await weft::sleep(200ms);
  }
}

task<server_response> site(server_request& request) {
  if (request.wants_upgrade()) co_return weft::http::accept_websocket(request, until_closed);
  if (request.path() == "/stream") co_return server_response::stream(ten_pieces);
  if (request.has_body()) co_return server_response::text(std::to_string((co_await request.text()).size()) + " done");
  if (request.path() == "/slow") co_await weft::sleep(3s);
  co_return server_response::text("done");
}

struct tally {
  int answered = 0;
  int last_ones = 0;  // after which the server closed the connection
};

bool closes(const std::string& head) { return head.find("\r\nconnection: close\r\n") != head.npos; }

/// Asks again and again over one connection, until the server says that this was the last answer. Throws for one that
/// is not complete.
task<> keep_asking(std::uint16_t port, std::string path, std::string end, tally& seen) {
  tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
  for (;;) {
    co_await stream.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = co_await stream.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
    co_await stream.read_until(end);
    ++seen.answered;
    if (closes(head)) break;
    co_await weft::sleep(50ms);
  }
  const std::string rest = co_await stream.read_all();
  EXPECT_EQ(rest, "");
  ++seen.last_ones;
}

/// Three requests at once; those that the server does not answer any more were not begun.
task<> pipeline(std::uint16_t port, tally& seen) {
  tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
  std::string requests;
  for (int i = 0; i < 3; ++i) requests += "GET /quick HTTP/1.1\r\nHost: a\r\n\r\n";
  for (bool more = true; more;) {
    co_await weft::sleep(50ms);
    co_await stream.write(std::string_view{requests});
    for (int i = 0; i < 3 && more; ++i) {
      const std::string head = co_await stream.read_until("\r\n\r\n");
      co_await stream.read_until("done");
      ++seen.answered;
      more = !closes(head);
    }
  }
  const std::string rest = co_await stream.read_all();
  EXPECT_EQ(rest, "");
  ++seen.last_ones;
}

task<> upload_slowly(std::uint16_t port, tally& seen) {
  tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
  for (;;) {
    co_await stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
      co_await stream.write(std::string(1000, 'u'));
      co_await weft::sleep(200ms);
    }
    const std::string head = co_await stream.read_until("\r\n\r\n");
    co_await stream.read_until("10000 done");
    ++seen.answered;
    if (closes(head)) break;
  }
  ++seen.last_ones;
}

/// Has asked once and waits, or has not asked anything.
task<> wait_idly(std::uint16_t port, bool ask, weft::event& draining, tally& seen) {
  tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
  if (ask) {
    co_await stream.write("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
    co_await stream.read_until("done");
  }
  const std::string rest = co_await stream.read_all();
  EXPECT_EQ(rest, "");
  EXPECT_TRUE(draining.is_set());
  ++seen.last_ones;
}

task<> wait_for_message(std::uint16_t port, tally& seen) {
  const std::string url = "ws://127.0.0.1:" + std::to_string(port);
  co_await weft::with(weft::http::websocket_connection{url}, [&](websocket& ws) -> task<> {
    const std::optional<weft::http::message> m = co_await ws.receive();
    EXPECT_FALSE(m);
    EXPECT_EQ(ws.close_code(), weft::http::websocket_code::going_away);
    ++seen.last_ones;
  });
}

TEST(NetHttpServerDrain, EndsUnderLoadWithoutAFailedRequest) {
  with_http_server(site, [](server& s) -> task<> {
    constexpr int each = 8;
    tally seen;
    weft::event draining;
    const std::uint16_t port = s.port();
    co_await weft::with(weft::task_group{}, [&](weft::task_group& all) -> task<> {
      for (int i = 0; i < each; ++i) {
        all.create_task(keep_asking(port, "/quick", "done", seen));
        all.create_task(keep_asking(port, "/slow", "done", seen));
        all.create_task(keep_asking(port, "/stream", "\r\n0\r\n\r\n", seen));
        all.create_task(pipeline(port, seen));
        all.create_task(upload_slowly(port, seen));
        all.create_task(wait_idly(port, true, draining, seen));
        all.create_task(wait_idly(port, false, draining, seen));
        all.create_task(wait_for_message(port, seen));
      }
      co_await weft::sleep(7s);
      EXPECT_EQ(s.connections(), 8u * each);
      EXPECT_EQ(seen.last_ones, 0);
      draining.set();
      const weft::time_point begin = weft::now();
      const bool drained = co_await s.drain(1min);
      EXPECT_TRUE(drained);
      EXPECT_LE(weft::now() - begin, 10s);
      EXPECT_TRUE(s.draining());
      bool refused = false;
      try {
        co_await weft::open_connection("127.0.0.1", port);
      } catch (const std::system_error&) {
        refused = true;
      }
      EXPECT_TRUE(refused);
    });
    EXPECT_EQ(seen.last_ones, 8 * each);
    EXPECT_GT(seen.answered, 100 * each);
  });
}

TEST(NetHttpServerDrain, TakesNoLongerThanItMay) {
  weft::testing::fate seen;
  const auto never_ends = [&](server_request&) -> task<server_response> {
    const weft::testing::witness here{seen};
    co_await weft::sleep(1h);
    seen.ended = true;
    co_return server_response::text("done");
  };
  weft::testing::run([&]() -> task<> {
    tcp_stream stream;
    const weft::time_point begin = weft::now();
    co_await weft::with(server{std::ref(never_ends), {.drain_timeout = 5s}}, [&](server& s) -> task<> {
      stream = co_await weft::open_connection("127.0.0.1", s.port());
      co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      while (!seen.begun) co_await weft::sleep(1ms);
      const bool drained = co_await s.drain(2s);
      EXPECT_FALSE(drained);
      EXPECT_EQ(s.connections(), 1u);
      EXPECT_FALSE(seen.stopped);
    });
    EXPECT_TRUE(seen.stopped);
    EXPECT_FALSE(seen.ended);
    EXPECT_GE(weft::now() - begin, 7s);
    EXPECT_LE(weft::now() - begin, 8s);
  });
}

/// Connected, and a request sent, without a turn of the loop: the kernel knows of it, and the server does not.
int ask_unnoticed(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string_view request = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(::send(socket, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  return socket;
}

std::string read_to_the_end(int socket) {
  std::string all;
  std::array<char, 1000> piece{};
  for (ssize_t n = 0; (n = ::recv(socket, piece.data(), piece.size(), 0)) > 0;) {
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
  return all;
}

TEST(HttpServerDrain, AnswersWhomItHasNotYetHeardOfWhenItsBlockIsLeft) {
  int client = -1;
  with_http_server(site, [&](weft::http::server& server) -> task<> {
    client = ask_unnoticed(server.port());
    EXPECT_EQ(server.connections(), 0U);
    co_return;
  });
  const std::string answer = read_to_the_end(client);
  ::close(client);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\ndone")) << answer;
}

}  // namespace
