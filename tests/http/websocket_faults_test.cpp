// WebSockets in trouble: stopped wherever they wait, cut at every byte.

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <support/at_end.hpp>
#include <support/fault_proxy.hpp>
#include <support/stop_injection.hpp>
#include <utility>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "http/websocket_core.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::message;
using weft::http::websocket;
using weft::http::websocket_connection;
using weft::http::websocket_error;
using weft::http::websocket_options;
using weft::http::websocket_role;

constexpr websocket_options quick{.send_buffer = 1000, .ping_interval = 1s, .ping_timeout = 1s, .close_timeout = 2s};

task<> echo(websocket& ws) {
  for (;;) {
    const std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

task<> echo_until_lost(websocket& ws) {
  try {
    co_await echo(ws);
  } catch (const websocket_error&) {  // NOLINT(bugprone-empty-catch): as it may be
  }
}

/// Small and large messages, messages in pieces, pings, and the closing.
task<> use_all(websocket& ws) {
  for (const std::size_t size : {1U, 500U, 50'000U}) {
    co_await ws.send(std::string(size, 'x'));
    const std::optional<message> back = co_await ws.receive();
    if (!back || back->text().size() != size) throw std::runtime_error{"another message came back"};
  }
  {
    weft::http::message_writer out = co_await ws.begin_bytes();
    co_await out.write(std::string(3000, 'y'));
    co_await weft::checkpoint();
    co_await out.finish(std::string(3000, 'z'));
  }
  const std::optional<message> back = co_await ws.receive();
  if (!back || back->bytes().size() != 6000) throw std::runtime_error{"pieces were lost"};
  co_await ws.flush();
  co_await ws.close();
}

TEST(WebsocketFaults, AStopAnywhereLeavesNothingBehind) {
  stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    const stop_injection::ledger::item owed{kept};
    weft::testing::stream_pair pair;
    pair.peer.set_room(4000);
    websocket client{std::move(pair.stream), websocket_role::client, quick};
    websocket server{std::move(static_cast<weft::byte_stream&>(pair.peer)), websocket_role::server, quick};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task(echo_until_lost(server));
      co_await use_all(client);
    });
  });
}

/// The same, where both ends compress, and what goes to many.
task<> use_compression(websocket& ws, const weft::http::prepared_message& prepared) {
  const std::string much(30'000, 'm');
  co_await weft::gather(
      [](websocket& to, const std::string& text) -> task<> {
        co_await to.send(std::string_view{text});
        co_await to.ping();
      }(ws, much),
      [](websocket& to, const weft::http::prepared_message& one) -> task<> {
        for (int i = 0; i < 5; ++i) co_await to.send(one);
      }(ws, prepared),
      [](websocket& from) -> task<> {
        for (int whole = 0; whole != 6;) {
          const std::optional<weft::http::message_piece> piece = co_await from.receive_piece();
          if (!piece) throw std::runtime_error{"messages are missing"};
          if (piece->last) ++whole;
        }
        co_await from.receive();  // so that the pong is heard; until the peer closes
      }(ws));
}

TEST(WebsocketFaults, AStopAnywhereLeavesNothingBehindWhereBothCompress) {
  const auto prepared = weft::http::prepared_message::of_text(std::string(400, 'p') + "repared");
  stop_injection::stop_everywhere([&](stop_injection::ledger& kept) -> task<> {
    const stop_injection::ledger::item owed{kept};
    weft::testing::stream_pair pair;
    pair.peer.set_room(300);
    websocket client{std::move(pair.stream), websocket_role::client, quick};
    websocket server{std::move(static_cast<weft::byte_stream&>(pair.peer)), websocket_role::server, quick};
    const weft::http::detail::deflate_agreement agreed{.server_window_bits = 10, .client_window_bits = 9};
    client.shared_core()->agree(agreed, {});
    server.shared_core()->agree(agreed, {});
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([](websocket& ws) -> task<> {
        try {
          for (int i = 0; i < 6; ++i) {
            const std::optional<message> m = co_await ws.receive();
            if (!m) co_return;
            co_await ws.send(*m);
          }
          co_await weft::move_on_after(100ms, ws.receive());
          co_await ws.close();
        } catch (const websocket_error&) {  // NOLINT(bugprone-empty-catch): as it may be
        }
      }(server));
      co_await use_compression(client, prepared);
    });
  });
}

/// Runs a client through a proxy that spoils its connection; tells how that ended.
task<std::string> try_through(const weft::testing::fault_proxy& proxy) {
  const websocket_options options{.close_timeout = 200ms, .compression = true, .open_timeout = 500ms};
  const std::string url = "ws://127.0.0.1:" + std::to_string(proxy.address().port());
  std::string ended = "well";
  try {
    co_await weft::with(websocket_connection{url, options}, [](websocket& ws) -> task<> {
      std::string text = "first";
      for (int i = 0; i < 3; ++i) {
        co_await ws.send(text);
        const std::optional<std::optional<message>> back = co_await weft::move_on_after(200ms, ws.receive());
        if (!back) throw weft::timeout_error{};
        if (!*back || (*back)->text() != text) throw std::runtime_error{"another message came back"};
        text += text + std::string(100, 'x');
      }
    });
  } catch (const weft::http::request_error&) {
    ended = "badly";
  } catch (const websocket_error&) {
    ended = "badly";
  } catch (const weft::timeout_error&) {
    ended = "badly";
  }
  co_return ended;
}

TEST(NetWebsocketFaults, AConnectionCutAtAnyByteIsAnErrorAndNothingElse) {
  for (const weft::testing::fault how : {weft::testing::fault::end, weft::testing::fault::reset}) {
    weft::run([&]() -> task<> {
      int served = 0;
      const auto handle = [&](weft::http::server_request& request) -> task<weft::http::server_response> {
        co_return weft::http::accept_websocket(request,
                                               [&](websocket& ws) -> task<> {
                                                 ++served;
                                                 const weft::testing::at_end left{[&] { --served; }};
                                                 co_await echo(ws);
                                               },
                                               {.close_timeout = 200ms, .compression = true});
      };
      co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
        // What passes in a conversation that goes well.
        std::size_t to_server = 0;
        std::size_t to_client = 0;
        const weft::endpoint at = *weft::endpoint::parse("127.0.0.1", server.port());
        {
          const weft::testing::fault_proxy proxy{at, [](std::size_t) { return weft::testing::faults{}; }};
          const std::string ended = co_await try_through(proxy);
          EXPECT_EQ(ended, "well");
          to_server = proxy.passed_to_server();
          to_client = proxy.passed_to_client();
        }
        std::size_t badly = 0;
        for (std::size_t bytes = 0; bytes < to_server; bytes += bytes < 200 ? 7 : 1) {
          const weft::testing::fault_proxy proxy{
              at, [&](std::size_t) { return weft::testing::faults{.to_server = {.passes = bytes, .then = how}}; }};
          const std::string ended = co_await try_through(proxy);
          badly += ended == "badly" ? 1U : 0U;
        }
        EXPECT_GT(badly, (to_server - 200) / 2);
        badly = 0;
        for (std::size_t bytes = 0; bytes < to_client; bytes += bytes < 150 ? 7 : 1) {
          const weft::testing::fault_proxy proxy{
              at, [&](std::size_t) { return weft::testing::faults{.to_client = {.passes = bytes, .then = how}}; }};
          const std::string ended = co_await try_through(proxy);
          badly += ended == "badly" ? 1U : 0U;
        }
        EXPECT_GT(badly, (to_client - 150) / 2);
      });
      EXPECT_EQ(served, 0);
    });
  }
}

/// Waits for the kernel, while the simulated clock stands still.
void wait_for_bytes(int socket) {
  pollfd state{.fd = socket, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&state, 1, 60'000), 1);
}

/// A megabyte every ten seconds at most.
task<> take_slowly(weft::tcp_stream& peer, std::size_t size) {
  std::array<std::byte, std::size_t{64} << 10> piece;
  for (std::size_t taken = 0; taken < size; taken += piece.size()) {
    co_await weft::to_thread(wait_for_bytes, peer.native_handle());
    co_await peer.read_exactly(piece);
    co_await weft::sleep(600ms);
  }
}

/// What becomes of a message that takes longer than a pong may.
task<> send_large(websocket& ws, std::size_t size, bool& lost) {
  try {
    co_await ws.send(std::string(size, 'x'));
    co_await ws.flush();
  } catch (const websocket_error&) {
    lost = true;
  }
}

TEST(NetWebsocketFaults, APeerIsNotGivenUpWhileItTakesWhatItIsSent) {
  constexpr std::size_t size = std::size_t{8} << 20;
  weft::testing::run([]() -> task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    weft::tcp_stream peer = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
    weft::tcp_stream accepted = co_await listener.accept();
    constexpr int small = 64 << 10;
    ::setsockopt(peer.native_handle(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::setsockopt(accepted.native_handle(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    websocket ws{std::move(accepted), websocket_role::server, {.ping_interval = 10s, .ping_timeout = 5s}};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task(echo_until_lost(ws));
      const auto begin = weft::now();
      bool lost = false;
      auto sending = tg.create_task(send_large(ws, size, lost));
      co_await take_slowly(peer, size);
      co_await sending;
      EXPECT_FALSE(lost);
      EXPECT_GT(weft::now() - begin, 60s);

      // It takes no more.
      co_await send_large(ws, size, lost);
      EXPECT_TRUE(lost);
      EXPECT_EQ(ws.close_code(), weft::http::websocket_code::abnormal);
    });
  });
}

}  // namespace
