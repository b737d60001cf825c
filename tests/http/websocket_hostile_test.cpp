// A hundred peers that break the protocol, each in its way, beside some that do not.

#include <gtest/gtest.h>

#include <algorithm>
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

std::string deflated(std::string_view message) {
  weft::http::detail::message_deflater deflater{15, true};
  weft::http::detail::pooled_bytes out;
  deflater.deflate(message, true, out);
  return std::string{out.view()};
}

std::string code(unsigned number) { return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)}; }

struct crime {
  std::string bytes;
  unsigned code;
};

constexpr unsigned text = 0x81;
constexpr unsigned binary = 0x82;
constexpr unsigned text_begin = 0x01;
constexpr unsigned more = 0x00;
constexpr unsigned last = 0x80;
constexpr unsigned close = 0x88;
constexpr unsigned ping = 0x89;
constexpr unsigned pong = 0x8a;
constexpr unsigned compressed = 0x40;

std::vector<crime> crimes() {
  const std::string bomb = deflated(std::string(50'000'000, 'x'));
  std::vector<crime> all = {
      {frame(last, "a continuation of nothing"), 1002},
      {frame(more, "a continuation of nothing"), 1002},
      {frame(text_begin, "one message") + frame(text, "in another"), 1002},
      {"\x81\x7e\xff\xffnot masked, and never comes", 1002},
      {"\x81\xfe\x00\x05\x01\x02\x03\x04long"s, 1002},
      {"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"s, 1002},
      {"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, 1002},
      {"\x82\xff\x00\x00\x00\x10\x00\x00\x00\x00"s, 1009},
      {frame(text, "\xc0\x80"), 1007},
      {frame(text, "\xed\xa0\x80"), 1007},
      {frame(text, "not\xe2\x98"), 1007},
      {frame(text_begin, "\xf4") + frame(last, "\x90"), 1007},
      {frame(text_begin, "\xe2") + frame(pong, "") + frame(more, "\x98") + frame(last, ""), 1007},
      {frame(close, "\x03"), 1002},
      {frame(close, "\x03\xe8\xff"), 1007},
      {frame(text | compressed, "no deflate \xff\xff"), 1007},
      {frame(text | compressed, deflated("\xc0\x80")), 1007},
      {frame(binary | compressed, bomb), 1009},
      {frame(text_begin | compressed, bomb.substr(0, 9)) + frame(more, bomb.substr(9, 1)) +
           frame(last, bomb.substr(10)),
       1009},
  };
  for (const unsigned bit : {0x10U, 0x20U, 0x40U}) {
    if (bit != compressed) all.push_back({frame(text | bit, "reserved"), 1002});
    all.push_back({frame(ping | bit, "reserved"), 1002});
    all.push_back({frame(close | bit, code(1000)), 1002});
    all.push_back({frame(text_begin, "not") + frame(last | bit, "reserved"), 1002});
  }
  for (const unsigned opcode : {0x3U, 0x4U, 0x5U, 0x6U, 0x7U, 0xbU, 0xcU, 0xdU, 0xeU, 0xfU})
    all.push_back({frame(last | opcode, "opcode"), 1002});
  for (const unsigned control : {close, ping, pong}) {
    all.push_back({frame(control & 0x0f, "in fragments"), 1002});
    all.push_back({frame(control, std::string(126, 'x')), 1002});
  }
  for (const unsigned first : {text, binary, ping, close}) {
    all.push_back({static_cast<char>(first) + "\x05not masked"s, 1002});
  }
  for (const unsigned number : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
    all.push_back({frame(close, code(number)), 1002});
  return all;
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
        for (std::size_t i = 0; i < std::max<std::size_t>(all.size(), 100); ++i) {
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
