#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

std::string ws_url(const web::server& server, const std::string& path) {
  return "ws://127.0.0.1:" + std::to_string(server.port()) + path;
}

TEST(WebWebSocket, FillsParametersBeforeItOpens) {
  web::app app;
  app.websocket("/ws/{id}", [](web::path<"id", int> id, web::websocket& ws, web::query<"q", std::string> q) -> task<> {
    co_await ws.send(std::to_string(*id) + *q);
  });
  with_app(app, [](http::client& client, web::server& server) -> task<> {
    co_await weft::with(http::websocket_connection(ws_url(server, "/ws/7?q=a")), [](http::websocket& ws) -> task<> {
      const std::optional<http::message> m = co_await ws.receive();
      EXPECT_EQ(m->text(), "7a");
    });
    EXPECT_EQ((co_await client.get("/ws/x?q=a")).status(), 422);
    EXPECT_EQ((co_await client.get("/ws/7?q=a")).status(), 426);
  });
}

TEST(WebBroadcast, TellsEverybodyInOrder) {
  web::app app;
  web::broadcast room;
  app.websocket("/room", [&](web::websocket& ws) -> task<> {
    auto seat = room.join(ws);
    while (auto m = co_await ws.receive()) room.publish(m->text());
  });
  with_app(app, [&](http::client&, web::server& server) -> task<> {
    const auto member = [&](int me) -> task<std::string> {
      std::string heard;
      co_await weft::with(http::websocket_connection(ws_url(server, "/room")), [&](http::websocket& ws) -> task<> {
        while (room.size() < 3) co_await weft::sleep(1ms);
        co_await ws.send(std::to_string(me));
        for (int i = 0; i < 3; ++i) {
          const std::optional<http::message> m = co_await ws.receive();
          heard += m ? std::string{m->text()} : "closed";
        }
      });
      co_return heard;
    };
    auto [a, b, c] = co_await weft::gather(member(1), member(2), member(3));
    EXPECT_EQ(a.size(), 3u);
    EXPECT_EQ(a, b);
    EXPECT_EQ(b, c);
    while (room.size() != 0) co_await weft::sleep(1ms);
    room.publish("to nobody");
    EXPECT_THROW(room.publish("\xff"), std::invalid_argument);
  });
}

/// Publishes more than a subscriber takes that does not read.
task<> overwhelm(web::broadcast& room, int messages) {
  while (room.size() == 0) co_await weft::sleep(1ms);
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < messages; ++i) {
    room.publish(std::to_string(i) + large);
    co_await weft::sleep(0ms);
  }
}

TEST(WebBroadcast, LeavesBehindWhoIsTooSlow) {
  web::app app;
  web::broadcast room{{.queue = 2}};
  app.websocket("/room", [&](web::websocket& ws) -> task<> {
    auto seat = room.join(ws);
    while (auto m = co_await ws.receive()) co_await ws.send(seat.subscribed() ? "in" : "out");
  });
  with_app(app, [&](http::client&, web::server& server) -> task<> {
    co_await weft::with(http::websocket_connection(ws_url(server, "/room")), [&](http::websocket& ws) -> task<> {
      co_await overwhelm(room, 60);
      EXPECT_EQ(room.size(), 0u);
      co_await ws.send("?");
      std::string last;
      while (last != "out") {
        const std::optional<http::message> m = co_await ws.receive();
        if (!m) break;
        last = m->text();
      }
      EXPECT_EQ(last, "out");
    });
  });
}

TEST(WebBroadcast, DropsTheOldestOfWhoIsTooSlow) {
  web::app app;
  web::broadcast room{{.queue = 2, .when_full = web::slow_subscriber::misses_oldest}};
  app.websocket("/room", [&](web::websocket& ws) -> task<> {
    auto seat = room.join(ws);
    while (co_await ws.receive()) {
    }
  });
  with_app(app, [&](http::client&, web::server& server) -> task<> {
    co_await weft::with(http::websocket_connection(ws_url(server, "/room")), [&](http::websocket& ws) -> task<> {
      co_await overwhelm(room, 60);
      EXPECT_EQ(room.size(), 1u);
      std::string last;
      int heard = 0;
      while (!last.starts_with("59x")) {
        const std::optional<http::message> m = co_await ws.receive();
        if (!m) break;
        last = m->text().substr(0, 3);
        ++heard;
      }
      EXPECT_EQ(last, "59x");
      EXPECT_LT(heard, 60);
    });
  });
}

TEST(WebBroadcast, CutsOffWhoIsTooSlow) {
  web::app app;
  web::broadcast room{{.queue = 2, .when_full = web::slow_subscriber::disconnected}};
  bool left = false;
  app.websocket("/room", [&](web::websocket& ws) -> task<> {
    auto seat = room.join(ws);
    try {
      while (co_await ws.receive()) {
      }
    } catch (const http::websocket_error&) {
      left = true;
    }
  });
  with_app(app, [&](http::client&, web::server& server) -> task<> {
    const http::websocket_options patient{.close_timeout = 100ms};
    co_await weft::with(http::websocket_connection(ws_url(server, "/room"), patient), [&](http::websocket&) -> task<> {
      co_await overwhelm(room, 60);
      while (!left) co_await weft::sleep(1ms);
      EXPECT_EQ(room.size(), 0u);
    });
  });
}

}  // namespace
