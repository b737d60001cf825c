#pragma once

// WebSockets on the simulated clock: both ends, or one and a peer that speaks in bytes.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/http/message_writer.hpp>
#include <weft/http/websocket.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "http/websocket_frame.hpp"

namespace weft::http::testing {

using opcode = detail::websocket_opcode;

inline constexpr websocket_options silent{.ping_interval = std::chrono::seconds{0}};

/// Both ends of a WebSocket, on the simulated clock.
struct both {
  explicit both(const websocket_options& options = silent) : both{weft::testing::stream_pair{}, options} {}

  websocket client;
  websocket server;

 private:
  both(weft::testing::stream_pair pair, const websocket_options& options)
      : client{std::move(pair.stream), websocket_role::client, options},
        server{std::move(static_cast<weft::byte_stream&>(pair.peer)), websocket_role::server, options} {}
};

inline weft::task<> echo(websocket& ws) {
  for (;;) {
    const std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

inline weft::task<std::string> receive_text(websocket& ws) {
  const std::optional<message> m = co_await ws.receive();
  co_return m ? std::string{m->text()} : "closed";
}

/// What a peer that speaks in bytes hears from the WebSocket under test until it closes the connection.
struct raw {
  explicit raw(websocket_role role, const websocket_options& options = silent)
      : raw{weft::testing::stream_pair{}, role, options} {}
  websocket ws;
  weft::testing::fake_peer peer;

 private:
  raw(weft::testing::stream_pair pair, websocket_role role, const websocket_options& options)
      : ws{std::move(pair.stream), role, options}, peer{std::move(pair.peer)} {}
};

inline std::string masked(opcode kind, std::string_view payload, bool last = true) {
  detail::pooled_bytes out;
  write_frame(out, {.opcode = kind, .last = last, .mask = detail::websocket_mask{1, 2, 3, 4}}, payload);
  return std::string{out.view()};
}

}  // namespace weft::http::testing
