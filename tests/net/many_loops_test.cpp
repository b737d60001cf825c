#include <atomic>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::pair;
using weft::testing::run_sockets;

namespace {

weft::task<> echo_lines(weft::tcp_stream s) {
  while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(*line + "\n");
}

/// Answers with the number of the worker that serves.
auto tell(std::size_t worker) {
  return [worker](weft::tcp_stream s) -> weft::task<> {
    const std::string number = std::to_string(worker) + "\n";
    while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(number);
  };
}

weft::task<std::string> ask(std::uint16_t port) {
  weft::tcp_stream s = co_await weft::open_connection("127.0.0.1", port);
  co_await s.write("who\n");
  auto answer = co_await s.read_line();
  co_return answer.value_or("nobody");
}

/// Who served how many of a hundred connections.
weft::task<std::map<std::string, int>> ask_often(std::uint16_t port) {
  std::map<std::string, int> answers;
  for (int i = 0; i < 100; ++i) ++answers[co_await ask(port)];
  co_return answers;
}

TEST(ManyLoops, TheKernelSpreadsTheConnectionsOfASharedPort) {
  // Reserves the port for the workers' listeners.
  const int reserved = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(reserved, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(reserved, any, length), 0);
  ASSERT_EQ(::getsockname(reserved, any, &length), 0);
  const std::uint16_t port = ntohs(address.sin_port);

  std::atomic<int> listening{0};
  std::map<std::string, int> answers;
  weft::run_workers(3, [&](weft::worker& self) -> weft::task<> {
    weft::tcp_server server{"127.0.0.1", port, tell(self.index()), {.reuse_port = true}};
    co_await weft::with(server, [&](weft::tcp_server&) -> weft::task<> {
      ++listening;
      while (listening < 3) co_await weft::sleep(1ms);
      if (self.index() != 0) co_await weft::sleep(1h);
      answers = co_await ask_often(port);
      self.stop_all();
    });
  });
  ::close(reserved);
  EXPECT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers["0"] + answers["1"] + answers["2"], 100);
}

TEST(ManyLoops, OneAcceptsAndAllServe) {
  const weft::channel<weft::tcp_handover> accepted{16};
  std::map<std::string, int> answers;
  weft::run_workers(3, [&](weft::worker& self) -> weft::task<> {
    if (self.index() != 0) {
      co_await weft::serve_handed_over(accepted, tell(self.index()));
      co_return;
    }
    weft::tcp_server server{"127.0.0.1", 0, weft::hand_over_to(accepted)};
    co_await weft::with(server, [&](weft::tcp_server& listening) -> weft::task<> {
      answers = co_await ask_often(listening.port());
      accepted.close();
    });
  });
  EXPECT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers["1"] + answers["2"], 100);
  EXPECT_GT(answers["1"], 20);
  EXPECT_GT(answers["2"], 20);
}

TEST(ManyLoops, AConnectionIsHandedOverWithWhatWasReadAhead) {
  const weft::channel<weft::tcp_handover> across{1};
  weft::run_workers(2, [&](weft::worker& self) -> weft::task<> {
    if (self.index() == 0) {
      pair p;
      p.peer.send("first\nsecond\nthi");
      EXPECT_EQ(co_await p.stream.read_line(), "first");
      while (p.stream.buffered().size() < 10) co_await p.stream.fill();
      p.peer.send("rd\n");
      co_await across.send(weft::tcp_handover{std::move(p.stream)});
      EXPECT_FALSE(p.stream.is_open());  // NOLINT(bugprone-use-after-move)
      EXPECT_EQ(p.peer.receive(100), "answer");
      co_return;
    }
    auto handed = co_await across.receive();
    weft::tcp_stream s = handed->take();
    EXPECT_EQ(co_await s.read_line(), "second");
    EXPECT_EQ(co_await s.read_line(), "third");
    EXPECT_EQ(s.remote_address().address(), "127.0.0.1");
    co_await s.write("answer");
  });
}

TEST(ManyLoops, TheEndOfAConnectionIsHandedOverToo) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("rest");
    p.peer.end();
    while (!p.stream.at_end()) co_await p.stream.fill();
    weft::tcp_handover handed{std::move(p.stream)};
    weft::tcp_stream s = handed.take();
    EXPECT_TRUE(s.at_end());
    EXPECT_EQ(co_await s.read_all(), "rest");
    EXPECT_THROW((void)handed.take(), std::logic_error);
  });
}

TEST(ManyLoops, OnlyWhatNobodyUsesCanBeHandedOver) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task(p.stream.read_some());
    co_await weft::sleep(1ms);
    EXPECT_THROW(weft::tcp_handover{std::move(p.stream)}, std::logic_error);
    p.peer.send("x");
    EXPECT_EQ(co_await reading, "x");
    EXPECT_THROW(weft::tcp_handover{weft::tcp_stream{}}, std::logic_error);
    pair closed;
    closed.stream.close();
    EXPECT_THROW(weft::tcp_handover{std::move(closed.stream)}, std::logic_error);
    // What nobody takes is closed.
    pair dropped;
    {
      const weft::tcp_handover handed{std::move(dropped.stream)};
    }
    EXPECT_EQ(dropped.peer.receive(1), "");
  });
}

TEST(ManyLoops, ServingEndsWithTheChannelAndWithAStop) {
  run_sockets([]() -> weft::task<> {
    weft::channel<weft::tcp_handover> channel{4};
    pair first;
    pair second;
    co_await channel.send(weft::tcp_handover{std::move(first.stream)});
    auto serving = weft::create_task(weft::serve_handed_over(channel, echo_lines));
    first.peer.send("one\n");
    co_await weft::sleep(1ms);
    channel.close();
    co_await weft::sleep(1ms);
    EXPECT_FALSE(serving.done()) << "a connection is still open";
    EXPECT_EQ(first.peer.receive(4), "one\n");
    first.peer.close();
    co_await serving;

    weft::channel<weft::tcp_handover> other{4};
    co_await other.send(weft::tcp_handover{std::move(second.stream)});
    const bool ended = co_await weft::move_on_after(5ms, weft::serve_handed_over(other, echo_lines));
    EXPECT_FALSE(ended);
    co_await weft::sleep(1ms);
    EXPECT_EQ(second.peer.receive(1), "") << "it was closed";
  });
}

TEST(ManyLoops, AHandlerThatFailsHarmsNobodyElse) {
  run_sockets([]() -> weft::task<> {
    std::vector<std::string> errors;
    weft::this_loop().set_exception_handler(
        [&](const weft::exception_context& c) { errors.push_back(weft::what(c.exception)); });
    weft::channel<weft::tcp_handover> channel{4};
    pair good;
    for (int i = 0; i < 2; ++i) {
      pair bad;
      co_await channel.send(weft::tcp_handover{std::move(bad.stream)});
    }
    co_await channel.send(weft::tcp_handover{std::move(good.stream)});
    good.peer.send("fine\n");
    good.peer.end();
    channel.close();
    int calls = 0;
    co_await weft::serve_handed_over(channel, [&](weft::tcp_stream s) -> weft::task<> {
      if (++calls == 1) throw std::runtime_error{"before it is a coroutine"};
      return [](int number, weft::tcp_stream stream) -> weft::task<> {
        if (number == 2) throw std::runtime_error{"later"};
        co_await echo_lines(std::move(stream));
      }(calls, std::move(s));
    });
    EXPECT_EQ(good.peer.receive(5), "fine\n");
    EXPECT_EQ(errors, (std::vector<std::string>{"before it is a coroutine", "later"}));
  });
}

}  // namespace
