// What io_uring does for streams and listeners by itself: receiving ahead of need, sending, accepting.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <string>
#include <vector>

#include "net/sockets.hpp"
#include "net/stream_core.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::pair;
using weft::testing::raw_peer;

namespace {

bool ring_is_refused() {
  try {
    weft::run([]() -> weft::task<> { co_return; }, {.backend = weft::backend_kind::io_uring});
  } catch (const std::system_error& e) {
    return true;
  }
  return false;
}

class Ring : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ring_is_refused()) GTEST_SKIP() << "this system does not offer io_uring";
  }
  template <class F>
  static void run(F body) {
    weft::testing::run_sockets(std::move(body), weft::backend_kind::io_uring);
  }
};

/// Text in which a lost or doubled piece shows.
std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

weft::task<std::string> read_to_end(weft::tcp_stream& stream) { co_return co_await stream.read_all(); }

/// Everything that comes, taken without blocking the loop.
weft::task<std::string> receive_all(const raw_peer& peer) {
  std::string text;
  std::string piece(std::size_t{64} << 10, '\0');
  for (;;) {
    const ssize_t n = ::recv(peer.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (n > 0) text.append(piece, 0, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) co_return text;
    if (n < 0) co_await weft::sleep(1ms);
  }
}

/// Sends until nobody takes more; gives how much went.
weft::task<std::size_t> send_what_fits(const raw_peer& peer, std::string_view text) {
  std::size_t sent = 0;
  for (int refusals = 0; refusals < 50 && sent < text.size();) {
    const ssize_t n = ::send(peer.descriptor(), text.data() + sent, text.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    refusals = n > 0 ? 0 : refusals + 1;
    co_await weft::sleep(n > 0 ? 0ms : 1ms);
  }
  co_return sent;
}

TEST_F(Ring, IsWhatTheLoopWaitsWith) {
  run([]() -> weft::task<> {
    EXPECT_EQ(weft::current_backend(), weft::backend_kind::io_uring);
    co_return;
  });
}

TEST_F(Ring, AStopOfAWriteWaitsUntilTheKernelHasLetGoOfTheText) {
  run([]() -> weft::task<> {
    pair p;
    const std::string text = numbers(20'000'000);
    auto writing = weft::create_task([&]() -> weft::task<> {
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): goes with the coroutine
      const std::string own = text;
      co_await p.stream.write(own);
    });
    co_await weft::sleep(20ms);
    EXPECT_FALSE(writing.done());
    writing.cancel();
    while (!writing.done()) co_await weft::sleep(1ms);
    EXPECT_TRUE(writing.cancelled());
    const auto refused = co_await failure_of(p.stream.write(std::string{"more"}));
    EXPECT_NE(refused.text.find("an earlier write was stopped or has failed"), std::string::npos) << refused.text;
    p.stream.close();
    const std::string got = co_await receive_all(p.peer);
    EXPECT_GT(got.size(), 0U);
    EXPECT_LT(got.size(), text.size());
    EXPECT_TRUE(text.starts_with(got));
  });
}

TEST_F(Ring, AClosedStreamEndsTheWriteThatIsUnderWay) {
  run([]() -> weft::task<> {
    pair p;
    auto writing = weft::create_task(failure_of(p.stream.write(numbers(20'000'000))));
    co_await weft::sleep(20ms);
    EXPECT_FALSE(writing.done());
    p.stream.close();
    const auto failed = co_await writing;
    EXPECT_EQ(failed.code, std::errc::bad_file_descriptor);
  });
}

TEST_F(Ring, WritesManyPiecesWhole) {
  run([]() -> weft::task<> {
    pair p;
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < 100; ++i) parts.push_back(numbers(i * 997));
    const std::vector<std::string_view> views{parts.begin(), parts.end()};
    auto receiving = weft::create_task(receive_all(p.peer));
    co_await p.stream.write(views);
    p.stream.shutdown_write();
    EXPECT_EQ(co_await receiving, std::accumulate(parts.begin(), parts.end(), std::string{}));
  });
}

TEST_F(Ring, AStreamThatNobodyReadsFromSlowsThePeerDown) {
  run([]() -> weft::task<> {
    pair p;
    p.stream.set_receive_buffer(64 << 10);
    auto first = weft::create_task(p.stream.read_some(1));  // from here on the kernel receives by itself
    const std::string text = numbers(30'000'000);
    const std::size_t sent = co_await send_what_fits(p.peer, text);
    EXPECT_LT(sent, text.size());
    std::string got = co_await first;
    auto rest = weft::create_task(read_to_end(p.stream));
    std::size_t more = sent;
    while (more < text.size()) more += co_await send_what_fits(p.peer, std::string_view{text}.substr(more));
    p.peer.end();
    got += co_await rest;
    EXPECT_TRUE(got == text);
  });
}

TEST_F(Ring, MoreConnectionsThanBuffersAllGetTheirBytes) {
  run([]() -> weft::task<> {
    constexpr std::size_t count = 200;  // each holds several of the buffers, of which there are 128
    const std::string text = numbers(100'000);
    std::vector<pair> pairs(count);
    std::vector<weft::task_handle<std::string>> first;
    for (pair& p : pairs) first.push_back(weft::create_task(p.stream.read_some(1)));
    co_await weft::sleep(0ms);
    for (const pair& p : pairs) p.peer.send(text);
    for (std::size_t i = 0; i < count; ++i) {
      std::string got = co_await first[i];
      pairs[i].peer.end();
      got += co_await pairs[i].stream.read_all();
      EXPECT_TRUE(got == text) << i;
    }
  });
}

TEST_F(Ring, EveryWayOfReadingTakesWhatCameInPieces) {
  run([]() -> weft::task<> {
    pair p;
    auto line = weft::create_task(p.stream.read_line());
    co_await weft::sleep(5ms);
    p.peer.send("a li");
    co_await weft::sleep(5ms);
    p.peer.send("ne\nexactly");
    EXPECT_EQ(co_await line, "a line");
    std::array<std::byte, 7> exact{};
    co_await p.stream.read_exactly(exact);
    EXPECT_EQ(static_cast<char>(exact[6]), 'y');
    p.peer.send(numbers(200'000));
    std::vector<std::byte> large(200'000);
    co_await p.stream.read_exactly(large);
    EXPECT_EQ((std::string_view{reinterpret_cast<const char*>(large.data()), large.size()}), numbers(200'000));
    p.peer.send("the rest");
    std::array<std::byte, 3> some{};
    EXPECT_EQ(co_await p.stream.read_some(some), 3U);
    p.peer.end();
    EXPECT_EQ(co_await p.stream.read_all(), " rest");
    EXPECT_TRUE(p.stream.at_end());
  });
}

TEST_F(Ring, AResetComesOutOfTheRead) {
  run([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task(failure_of(p.stream.read_some()));
    co_await weft::sleep(5ms);
    p.peer.reset();
    EXPECT_EQ((co_await reading).code, std::errc::connection_reset);
  });
}

TEST_F(Ring, LayersOverAStreamFindWhatHadCome) {
  run([]() -> weft::task<> {
    pair p;
    auto first = weft::create_task(p.stream.read_some(2));
    co_await weft::sleep(5ms);
    p.peer.send("abcdef");
    EXPECT_EQ(co_await first, "ab");
    p.peer.send("ghi");
    co_await weft::sleep(5ms);
    weft::stream_access::core(p.stream).use_system_calls();
    EXPECT_TRUE(p.stream.buffered().starts_with("cdef"));
    p.peer.send("jkl");
    p.peer.end();
    EXPECT_EQ(co_await p.stream.read_all(), "cdefghijkl");
    co_await p.stream.write("still writes");
    EXPECT_EQ(p.peer.receive(12), "still writes");
  });
}

TEST_F(Ring, AStreamMayOutliveItsLoop) {
  weft::tcp_stream kept;
  weft::tcp_stream with_unread;
  run([&]() -> weft::task<> {
    pair p;
    pair q;
    auto reading = weft::create_task(q.stream.read_some(1));
    q.peer.send("some bytes that nobody takes");
    co_await reading;
    kept = std::move(p.stream);
    with_unread = std::move(q.stream);
  });
  EXPECT_EQ(with_unread.buffered(), "ome bytes that nobody takes");
  kept.close();
}

TEST_F(Ring, ConnectionsThatNobodyTakesEndWithTheListener) {
  run([]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    const std::uint16_t port = listener.local_address().port();
    auto client = co_await weft::open_connection("127.0.0.1", port);
    auto taken = co_await listener.accept();
    std::vector<weft::tcp_stream> others;
    for (int i = 0; i < 5; ++i) others.push_back(co_await weft::open_connection("127.0.0.1", port));
    co_await weft::sleep(5ms);
    listener.close();
    for (weft::tcp_stream& other : others) {
      std::string got = "?";
      const auto failed = co_await failure_of([&]() -> weft::task<> { got = co_await other.read_all(); }());
      EXPECT_TRUE(got.empty() || failed.code == std::errc::connection_reset) << failed.text;
    }
    const auto refused = co_await failure_of(weft::open_connection("127.0.0.1", port));
    EXPECT_EQ(refused.code, std::errc::connection_refused);
  });
}

}  // namespace
