#include "support/allocations.hpp"

#if WEFT_TEST_COUNTS_ALLOCATIONS

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

using weft::task;
using weft::http::message;
using weft::http::websocket;

TEST(NetWebsocketAllocations, AWarmSmallMessageHasNone) {
  std::size_t of_warm = 1;
  const auto echo = [&](websocket& ws) -> task<> {
    constexpr int warm = 50;
    constexpr int all = 150;
    std::size_t before = 0;
    for (int i = 0; i < all; ++i) {
      if (i == warm) before = allocations();
      const std::optional<message> m = co_await ws.receive();
      if (!m) co_return;
      co_await ws.send(*m);
    }
    of_warm = allocations() - before;
    co_await ws.receive();
  };
  weft::run([&]() -> task<> {
    const auto handle = [&](weft::http::server_request& request) -> task<weft::http::server_response> {
      co_return weft::http::accept_websocket(request, std::ref(echo));
    };
    co_await weft::with(weft::http::server{std::ref(handle)}, [&](weft::http::server& server) -> task<> {
      const std::string url = "ws://127.0.0.1:" + std::to_string(server.port());
      co_await weft::with(weft::http::websocket_connection{url}, [](websocket& ws) -> task<> {
        const std::string text(64, 'x');
        for (int i = 0; i < 150; ++i) {  // the client's are counted as well: both run on this thread
          co_await ws.send(std::string_view{text});
          const std::optional<message> back = co_await ws.receive();
          EXPECT_EQ(back->text(), text);
        }
      });
    });
  });
  EXPECT_EQ(of_warm, 0U);
}

}  // namespace

#endif
