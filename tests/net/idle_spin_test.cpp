#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>

#include "core/loop.hpp"
#include "net/sockets.hpp"

using namespace std::chrono_literals;

namespace {

/// A loop that always looks for news and never sleeps serves as any other does, on the back end that the environment
/// names.
TEST(IdleSpin, MessagesAreHeardWhileItLooks) {
  weft::run(
      []() -> weft::task<> {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        weft::unix_stream here = weft::unix_stream::from_descriptor(ends[0]);
        const weft::testing::raw_peer peer{ends[1]};
        std::jthread client{[&peer] {
          for (int i = 0; i < 20; ++i) {
            peer.send("ping");
            EXPECT_EQ(peer.receive(4), "ping");
          }
          peer.end();
        }};
        for (;;) {
          const std::string text = co_await here.read_some();
          if (text.empty()) break;
          co_await here.write(text);
        }
        const auto& spin = weft::detail::loop_of(weft::detail::require_loop("the test")).spinning();
        EXPECT_EQ(spin.missed(), 0u);
      },
      {.spin = 15min});
}

}  // namespace
