// WebSockets with peers of others: Python's websockets and aiohttp (websocket_peer.py), Node's ws (websocket_peer.js).

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <support/child_program.hpp>
#include <vector>
#include <weft/http.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::message;
using weft::http::websocket;
using weft::http::websocket_code;
using weft::http::websocket_connection;
using weft::http::websocket_options;
using weft::testing::child_program;

struct peer {
  const char* name;
  std::vector<std::string> command;
  bool compressed;
};

// Debian's Python and its Node modules, for which its packages are installed; others may come first in the path.
std::vector<peer> peers() {
  std::vector<peer> all;
  for (const bool compressed : {true, false}) {
    all.push_back({"websockets", {"/usr/bin/python3", "http/websocket_peer.py", "websockets"}, compressed});
    all.push_back({"aiohttp", {"/usr/bin/python3", "http/websocket_peer.py", "aiohttp"}, compressed});
    all.push_back({"ws", {"env", "NODE_PATH=/usr/share/nodejs", "node", "http/websocket_peer.js"}, compressed});
  }
  return all;
}

class NetWebsocketPeers : public ::testing::TestWithParam<peer> {
 protected:
  static std::vector<std::string> command(std::initializer_list<std::string> arguments) {
    std::vector<std::string> whole = GetParam().command;
    whole.insert(whole.end(), arguments);
    if (!GetParam().compressed) whole.emplace_back("plain");
    return whole;
  }
};

std::string name_of(const ::testing::TestParamInfo<peer>& about) {
  return std::string{about.param.name} + (about.param.compressed ? "Compressed" : "Plain");
}

task<> echo(websocket& ws) {
  for (;;) {
    const std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    if (m->text() == "close me") {
      co_await ws.close(websocket_code{4000}, "as you like");
      co_return;
    }
    co_await ws.send(*m);
  }
}

TEST_P(NetWebsocketPeers, TalkToTheServer) {
  weft::run([&]() -> task<> {
    const auto handle = [](weft::http::server_request& request) -> task<weft::http::server_response> {
      co_return weft::http::accept_websocket(request, echo, {.compression = true, .subprotocols = "chat"});
    };
    co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
      child_program program{command({"talk", "ws://127.0.0.1:" + std::to_string(server.port()) + "/"})};
      const std::string ended = co_await program.says("ended:");
      EXPECT_EQ(ended, "well");
    });
  });
}

TEST_P(NetWebsocketPeers, ListenToTheClient) {
  weft::run([&]() -> task<> {
    child_program program{command({"serve"})};
    const std::string port = co_await program.says("port:");
    const websocket_options options{.compression = GetParam().compressed, .subprotocols = "chat"};
    co_await weft::with(websocket_connection{"ws://127.0.0.1:" + port + "/", options}, [](websocket& ws) -> task<> {
      EXPECT_EQ(ws.subprotocol(), "chat");
      EXPECT_EQ(ws.compressed(), GetParam().compressed);
      for (const std::size_t size : {0U, 1U, 125U, 126U, 1000U, 65'535U, 65'536U, 1'000'000U}) {
        const std::string text(size, 'x');
        co_await ws.send(text);
        std::optional<message> back = co_await ws.receive();
        EXPECT_TRUE(back && back->is_text() && back->text() == text) << size;
        co_await ws.send_bytes(text);
        back = co_await ws.receive();
        EXPECT_TRUE(back && back->is_binary() && back->bytes() == text) << size;
      }
      weft::http::message_writer out = co_await ws.begin_text();
      co_await out.write("in ");
      co_await out.write("three ");
      co_await out.finish("pieces");
      const std::optional<message> back = co_await ws.receive();
      EXPECT_EQ(back->text(), "in three pieces");
      co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
        tg.create_task([&]() -> task<> { co_await ws.receive(); });
        co_await ws.ping();
        co_await ws.close();
      });
      EXPECT_EQ(ws.close_code(), websocket_code::normal);
    });
  });
}

INSTANTIATE_TEST_SUITE_P(All, NetWebsocketPeers, ::testing::ValuesIn(peers()), name_of);

}  // namespace
