// permessage-deflate: whatever windows and contexts two ends agree upon, messages come out as they went in. Between
// weft and itself, Python's websockets (websocket_peer.py) and Node's ws (websocket_peer.js).

#include <gtest/gtest.h>
#include <algorithm>

#include <array>
#include <functional>
#include <sstream>
#include <string>
#include <support/child_program.hpp>
#include <vector>
#include <weft/http.hpp>
#include <weft/weft.hpp>

#include "http/websocket_deflate.hpp"
#include "http/websocket_extension.hpp"

namespace {

using weft::task;
using weft::http::message;
using weft::http::websocket;
using weft::http::websocket_options;
using weft::testing::child_program;
using namespace weft::http::detail;

/// A text that repeats itself within small windows and beyond them.
std::string paragraph(int number) {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += "word " + std::to_string(i * i * number) + " ";
  return text;
}

/// Messages of one end, read by the other.
void expect_readable(int sender_bits, bool keeps_context, int reader_bits) {
  message_deflater deflater{sender_bits, keeps_context};
  message_inflater inflater{reader_bits, keeps_context};
  for (const std::string& text : {paragraph(1), std::string{}, paragraph(2), paragraph(1), std::string{"short"}}) {
    pooled_bytes wire;
    pooled_bytes back;
    deflater.deflate(text, true, wire);
    inflater.inflate(wire.view(), true, back, text.size());
    EXPECT_TRUE(back.view() == text) << sender_bits << keeps_context << reader_bits;
  }
}

TEST(WebsocketCompression, IsAgreedUponByAllWishes) {
  constexpr std::array all_bits{9, 10, 11, 12, 13, 14, 15};
  for (const int client_bits : all_bits) {
    for (const int server_bits : all_bits) {
      for (const bool client_keeps : {false, true}) {
        for (const bool server_keeps : {false, true}) {
          const deflate_wishes clients{client_bits, client_keeps};
          const deflate_wishes servers{server_bits, server_keeps};
          const auto accepted = accept_deflate(*parse_websocket_extensions(offer_deflate(clients)), servers);
          ASSERT_TRUE(accepted);
          const auto agreed = confirm_deflate(parse_websocket_extensions(accepted->answer)->front(), clients);
          ASSERT_TRUE(agreed) << accepted->answer;
          const deflate_agreement& at_server = accepted->agreement;
          EXPECT_EQ(agreed->server_keeps_context, at_server.server_keeps_context);
          EXPECT_EQ(agreed->client_keeps_context, at_server.client_keeps_context);
          EXPECT_EQ(at_server.server_keeps_context, client_keeps && server_keeps);
          EXPECT_EQ(at_server.client_keeps_context, client_keeps && server_keeps);
          EXPECT_EQ(at_server.server_window_bits, std::min(client_bits, server_bits));
          EXPECT_LE(at_server.server_window_bits, agreed->server_window_bits);
          EXPECT_LE(agreed->client_window_bits, at_server.client_window_bits);
        }
      }
    }
  }
}

TEST(WebsocketCompression, IsReadWithAWindowNoSmallerThanTheSenders) {
  for (const int bits : {9, 10, 12, 15}) {
    for (const bool keeps_context : {false, true}) {
      expect_readable(bits, keeps_context, bits);
      expect_readable(bits, keeps_context, 15);
    }
  }
}

// ---- peers ----------------------------------------------------------------------------------------------------------

constexpr std::size_t ways_of_peers = 16;

struct peer {
  const char* name;
  std::vector<std::string> command;

  child_program start(std::string_view what, const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> whole = command;
    whole.emplace_back(what);
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return child_program{whole};
  }
};

std::vector<peer> peers() {
  return {{"websockets", {"/usr/bin/python3", "http/websocket_peer.py", "websockets"}},
          {"ws", {"env", "NODE_PATH=/usr/share/nodejs", "node", "http/websocket_peer.js"}}};
}

/// What weft wants: "/15" keeps the context, "/9-" does not.
websocket_options options_for(std::string_view path) {
  return {.compression = true,
          .keep_compression_context = !path.ends_with('-'),
          .compression_window_bits = std::stoi(std::string{path.substr(1)}),
          .compression_threshold = 0};
}

const std::array<const char*, 4> own_ways{"/15", "/15-", "/9", "/9-"};

class NetWebsocketCompression : public ::testing::TestWithParam<peer> {};

task<> echo(websocket& ws) {
  EXPECT_TRUE(ws.compressed());
  for (;;) {
    const std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

TEST_P(NetWebsocketCompression, IsUnderstoodByItsClients) {
  weft::run([&]() -> task<> {
    const auto handle = [](weft::http::server_request& request) -> task<weft::http::server_response> {
      co_return weft::http::accept_websocket(request, echo, options_for(request.path()));
    };
    co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
      std::vector<std::string> urls;
      for (const char* const way : own_ways) urls.push_back("ws://127.0.0.1:" + std::to_string(server.port()) + way);
      child_program program = GetParam().start("talk_all", urls);
      const std::string ended = co_await program.says("ended:");
      EXPECT_EQ(ended, "well " + std::to_string(ways_of_peers * own_ways.size()));
    });
  });
}

TEST_P(NetWebsocketCompression, IsUnderstoodByItsServers) {
  weft::run([&]() -> task<> {
    child_program program = GetParam().start("serve_all");
    std::istringstream ports{co_await program.says("ports:")};
    std::size_t servers = 0;
    const std::vector<std::string> texts{"short", paragraph(1), "", paragraph(1), paragraph(2)};
    for (std::string port; ports >> port; ++servers) {
      for (const char* const way : own_ways) {
        const std::string url = "ws://127.0.0.1:" + port + "/";
        int well = 0;
        try {
          co_await weft::with(weft::http::websocket_connection{url, options_for(way)}, [&](websocket& ws) -> task<> {
            EXPECT_TRUE(ws.compressed());
            for (const std::string& text : texts) {
              co_await ws.send(std::string_view{text});
              const std::optional<message> back = co_await ws.receive();
              if (back && back->text() == text) ++well;
            }
          });
        } catch (const weft::http::websocket_refused& e) {
          ADD_FAILURE() << e.what();
        }
        EXPECT_EQ(well, 5) << servers << " " << way;
      }
    }
    EXPECT_EQ(servers, ways_of_peers);
  });
}

INSTANTIATE_TEST_SUITE_P(With, NetWebsocketCompression, ::testing::ValuesIn(peers()),
                         [](const auto& about) { return std::string{about.param.name}; });

}  // namespace
