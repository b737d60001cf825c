// A hundred peers that break the protocol, each in its way, beside some that do not.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

#include "http/websocket_deflate.hpp"
#include "http/websocket_frame.hpp"

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using weft::task;
using weft::http::message;
using weft::http::websocket;

/// A client's frame.
std::string frame(unsigned first, std::string_view payload) {
  weft::http::detail::pooled_bytes out;
  write_frame(out, {.mask = weft::http::detail::websocket_mask{1, 2, 3, 4}}, payload);
  std::string bytes{out.view()};
  bytes[0] = static_cast<char>(first);
  return bytes;
}

std::string bomb() {
  weft::http::detail::message_deflater deflater{15, true};
  weft::http::detail::pooled_bytes out;
  deflater.deflate(std::string(50'000'000, 'x'), true, out);
  return frame(0xc2, out.view());
}

struct crime {
  std::string bytes;
  unsigned code;
};

std::vector<crime> crimes() {
  return {
      {frame(0x91, "reserved"), 1002},
      {frame(0x83, "opcode"), 1002},
      {frame(0x09, "a ping in fragments"), 1002},
      {frame(0x89, std::string(126, 'x')), 1002},
      {frame(0x80, "a continuation of nothing"), 1002},
      {frame(0x01, "one message") + frame(0x81, "in another"), 1002},
      {"\x81\x05not masked", 1002},
      {"\x81\xfe\x00\x05\x01\x02\x03\x04long"s, 1002},
      {"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, 1002},
      {"\x82\xff\x00\x00\x00\x10\x00\x00\x00\x00"s, 1009},
      {frame(0x81, "\xc0\x80"), 1007},
      {frame(0x01, "\xf4") + frame(0x80, "\x90"), 1007},
      {frame(0x88, "\x03\xed"), 1002},
      {frame(0x88, "\x03"), 1002},
      {frame(0x88, "\x03\xe8\xff"), 1007},
      {frame(0xc1, "no deflate \xff\xff"), 1007},
      {bomb(), 1009},
  };
}

TEST(NetWebsocketHostile, AHundredAreToldAndCutWhileOthersAreServed) {
  const std::vector<crime> all = crimes();
  weft::run([&]() -> task<> {
    const auto echo = [](websocket& ws) -> task<> {
      for (;;) {
        const std::optional<message> m = co_await ws.receive();
        if (!m) co_return;
        co_await ws.send(*m);
      }
    };
    const auto handle = [&](weft::http::server_request& request) -> task<weft::http::server_response> {
      co_return weft::http::accept_websocket(request, echo, {.compression = true});
    };
    co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
      const auto hostile = [&](const crime& one) -> task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
        co_await stream.read_until("\r\n\r\n");
        co_await stream.write(one.bytes);
        const std::string told = co_await stream.read_all();  // up to the end of the connection
        EXPECT_GE(told.size(), 4U);
        if (told.size() < 4) co_return;
        EXPECT_EQ(told[0], '\x88');
        const unsigned code = static_cast<unsigned char>(told[2]) * 256U + static_cast<unsigned char>(told[3]);
        EXPECT_EQ(code, one.code) << told;
      };
      const auto friendly = [&]() -> task<> {
        const std::string url = "ws://127.0.0.1:" + std::to_string(server.port());
        co_await weft::with(weft::http::websocket_connection{url}, [](websocket& ws) -> task<> {
          for (int i = 0; i < 200; ++i) {
            co_await ws.send("message " + std::to_string(i));
            const std::optional<message> back = co_await ws.receive();
            EXPECT_EQ(back->text(), "message " + std::to_string(i));
          }
        });
      };
      co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
        for (std::size_t i = 0; i < 100; ++i) {
          tg.create_task(hostile(all[i % all.size()]));
          if (i % 10 == 0) tg.create_task(friendly());
        }
        co_return;
      });
      for (int i = 0; i < 1000 && server.connections() != 0; ++i) co_await weft::sleep(5ms);
      EXPECT_EQ(server.connections(), 0U);
    });
  });
}

TEST(NetWebsocketHostile, AHandlerThatDoesNotReceiveIsStoppedWhenThePeerHasGone) {
  weft::run([]() -> task<> {
    weft::event began;
    weft::event ended;
    const auto wait = [&](websocket& ws) -> task<> {
      struct at_end {
        weft::event* event;
        ~at_end() { event->set(); }
      };
      const at_end tells{&ended};
      co_await ws.send("I do not listen");
      began.set();
      co_await weft::sleep(1h);
    };
    const auto handle = [&](weft::http::server_request& request) -> task<weft::http::server_response> {
      co_return weft::http::accept_websocket(request, std::ref(wait), {.ping_interval = 10ms, .ping_timeout = 10ms});
    };
    co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
      {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        co_await stream.read_until("\r\n\r\n");
        co_await began.wait();
      }
      co_await ended.wait();
    });
  });
}

}  // namespace
