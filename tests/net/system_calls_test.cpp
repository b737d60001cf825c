#include "core/sanitizers.hpp"
#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::pair;
using weft::testing::run_sockets;

#if !WEFT_UNDER_ASAN && !WEFT_UNDER_TSAN  // the sanitizers bring a recv() of their own

namespace {
constinit thread_local int receive_calls = 0;
}

extern "C" ssize_t recv(int fd, void* buf, size_t n, int flags) {
  ++receive_calls;
  return ::recvfrom(fd, buf, n, flags, nullptr, nullptr);
}

#endif

namespace {

/// Lets what was sent over loopback arrive, and others run.
auto a_moment() { return weft::sleep(2ms); }

#if !WEFT_UNDER_ASAN && !WEFT_UNDER_TSAN

TEST(StreamSystemCalls, OneReceiveForWhatComesAtOnce) {
  run_sockets(
      []() -> weft::task<> {
        pair p;
        receive_calls = 0;
        for (int i = 0; i < 10; ++i) {
          auto reading = weft::create_task(p.stream.read_some());
          co_await a_moment();
          p.peer.send("hello");
          EXPECT_EQ(co_await reading, "hello");
        }
        EXPECT_EQ(receive_calls, 11);  // the first found nothing
      },
      weft::backend_kind::epoll);
}

#endif

/// A stream that has taken all there was, and is watched.
weft::task<> drain(pair& p) {
  auto reading = weft::create_task(p.stream.read_some());
  co_await a_moment();
  p.peer.send("first");
  EXPECT_EQ(co_await reading, "first");
}

TEST(StreamSystemCalls, TheEndThatComesWithTheLastBytesIsSeen) {
  run_sockets([]() -> weft::task<> {
    pair p;
    co_await drain(p);
    p.peer.send("last");
    p.peer.end();
    co_await a_moment();
    EXPECT_EQ(co_await p.stream.read_some(), "last");
    EXPECT_EQ(co_await p.stream.read_some(), "");
  });
}

TEST(StreamSystemCalls, TheEndThatComesAfterTheLastBytesWereTakenIsSeen) {
  run_sockets([]() -> weft::task<> {
    pair p;
    co_await drain(p);
    co_await a_moment();
    p.peer.end();
    EXPECT_EQ(co_await p.stream.read_some(), "");
  });
}

TEST(StreamSystemCalls, TheEndOfAStreamThatWasNeverWatchedIsSeen) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("all");
    p.peer.end();
    co_await a_moment();
    EXPECT_EQ(co_await p.stream.read_some(), "all");
    EXPECT_EQ(co_await p.stream.read_some(), "");
  });
}

TEST(StreamSystemCalls, AResetAfterTheLastBytesIsSeen) {
  run_sockets([]() -> weft::task<> {
    pair p;
    co_await drain(p);
    p.peer.reset();
    const auto failure = co_await weft::testing::failure_of(p.stream.read_some());
    EXPECT_EQ(failure.code, std::errc::connection_reset);
  });
}

TEST(StreamSystemCalls, BytesBehindUrgentOnesAreRead) {
  for (const bool at_once : {true, false}) {
    run_sockets([at_once]() -> weft::task<> {
      pair p;
      co_await drain(p);
      p.peer.send("before");
      EXPECT_EQ(::send(p.peer.descriptor(), "!", 1, MSG_OOB), 1);
      p.peer.send("behind");
      if (!at_once) co_await a_moment();
      std::string got;
      while (got.size() < 12) got += co_await p.stream.read_some();
      EXPECT_EQ(got, "beforebehind");
    });
  }
}

TEST(StreamSystemCalls, AUnixSocketIsReadToTheEnd) {
  run_sockets([]() -> weft::task<> {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    weft::tcp_stream stream = weft::tcp_stream::from_descriptor(ends[0]);
    const weft::testing::raw_peer peer{ends[1]};
    peer.send("hello");
    EXPECT_EQ(co_await stream.read_some(), "hello");
    peer.end();
    EXPECT_EQ(co_await stream.read_some(), "");
  });
}

}  // namespace
