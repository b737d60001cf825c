#include <netdb.h>

#include <string>
#include <support/descriptors.hpp>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::run_sockets;

namespace {

/// A listener whose queue is full: who connects to it gets no answer.
class silent_address {
 public:
  silent_address() : listener_{*weft::endpoint::parse("127.0.0.1", 0), {.backlog = 0}} {}
  weft::task<> fill() {
    for (;;) {
      auto stream =
          co_await weft::move_on_after(20ms, weft::open_connection("127.0.0.1", listener_.local_address().port()));
      if (!stream) break;
      queued_.push_back(std::move(*stream));
    }
  }
  weft::endpoint address() const { return listener_.local_address(); }

 private:
  weft::tcp_listener listener_;
  std::vector<weft::tcp_stream> queued_;
};

weft::endpoint refusing_address() {
  const weft::tcp_listener gone{*weft::endpoint::parse("127.0.0.1", 0)};
  return gone.local_address();
}

TEST(OpenConnection, SaysWhoRefused) {
  run_sockets([]() -> weft::task<> {
    const std::uint16_t port = refusing_address().port();
    const auto seen = co_await failure_of(weft::open_connection("127.0.0.1", port));
    EXPECT_EQ(seen.code, std::errc::connection_refused);
    EXPECT_EQ(seen.text, "connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
  });
}

TEST(OpenConnection, NamesAllAddressesThatFailed) {
  run_sockets([]() -> weft::task<> {
    const weft::endpoint one = refusing_address();
    const weft::endpoint two = refusing_address();
    const std::vector<weft::endpoint> both{one, two};
    const auto seen = co_await failure_of(weft::open_connection(both));
    EXPECT_EQ(seen.code, std::errc::connection_refused);
    EXPECT_NE(seen.text.find(one.to_string()), std::string::npos) << seen.text;
    EXPECT_NE(seen.text.find(two.to_string()), std::string::npos) << seen.text;
  });
}

TEST(OpenConnection, GoesOnToTheNextAddressWhenOneFails) {
  run_sockets([]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    const std::vector<weft::endpoint> addresses{refusing_address(), listener.local_address()};
    auto stream = co_await weft::open_connection(addresses, {.attempt_delay = 1h});
    EXPECT_EQ(stream.remote_address(), listener.local_address());
  });
}

TEST(OpenConnection, OvertakesAnAddressThatIsSilent) {
  run_sockets([]() -> weft::task<> {
    silent_address silent;
    co_await silent.fill();
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    const std::vector<weft::endpoint> addresses{silent.address(), listener.local_address()};
    auto stream = co_await weft::open_connection(addresses, {.attempt_delay = 10ms});
    EXPECT_EQ(stream.remote_address(), listener.local_address());
    auto served = co_await listener.accept();
    co_await stream.write("hello\n");
    EXPECT_EQ(*co_await served.read_line(), "hello");
  });
}

TEST(OpenConnection, HasATimeLimit) {
  run_sockets([]() -> weft::task<> {
    silent_address silent;
    co_await silent.fill();
    std::string text;
    try {
      co_await weft::open_connection("127.0.0.1", silent.address().port(), {.timeout = 10ms});
    } catch (const weft::timeout_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "connect to " + silent.address().to_string() + ": timed out");
  });
}

TEST(OpenConnection, AStopClosesWhatWasBeingOpened) {
  run_sockets([]() -> weft::task<> {
    silent_address silent;
    co_await silent.fill();
    const auto before = weft::testing::open_descriptors().size();
    const std::vector<weft::endpoint> twice{silent.address(), silent.address()};
    auto connecting = weft::create_task(weft::open_connection(twice, {.attempt_delay = 1ms}));
    while (weft::testing::open_descriptors().size() != before + 2) co_await weft::sleep(1ms);
    connecting.cancel();
    while (!connecting.done()) co_await weft::sleep(0ms);
    EXPECT_EQ(weft::testing::open_descriptors().size(), before);
  });
}

TEST(OpenConnection, ResolvesNames) {
  run_sockets([]() -> weft::task<> {
    const auto numeric = co_await weft::resolve("[::1]", 80);
    EXPECT_EQ(numeric.front().to_string(), "[::1]:80");
    const auto local = co_await weft::resolve("localhost", 80);
    EXPECT_EQ(local.front().port(), 80);
    const auto seen = co_await failure_of(weft::open_connection("", 80));
    EXPECT_EQ(seen.code, (std::error_code{EAI_NONAME, weft::resolve_category()}));

    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    auto stream = co_await weft::open_connection("localhost", listener.local_address().port());
    EXPECT_TRUE(stream.is_open());
  });
}

TEST(Endpoint, ReadsAndPrintsAddresses) {
  const auto print = [](const char* text) {
    const auto e = weft::endpoint::parse(text, 7);
    return e ? e->to_string() : "none";
  };
  EXPECT_EQ(print("127.0.0.1"), "127.0.0.1:7");
  EXPECT_EQ(print("2001:DB8::0:1"), "[2001:db8::1]:7");
  EXPECT_EQ(print("fe80::1%3"), "[fe80::1%3]:7");
  EXPECT_EQ(print("localhost"), "none");
  EXPECT_EQ(print("127.1"), "none");
  EXPECT_EQ(print("fe80::1%"), "none");
  EXPECT_EQ(print(""), "none");
  EXPECT_EQ(weft::endpoint::parse("::1", 1)->address(), "::1");
}

}  // namespace
