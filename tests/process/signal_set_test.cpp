#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <vector>
#include <weft/process.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

TEST(SignalSet, KeepsWhatComesBeforeSomebodyWaits) {
  weft::run([]() -> weft::task<> {
    weft::signal_set signals{SIGUSR1, SIGUSR2};
    std::raise(SIGUSR2);
    std::raise(SIGUSR1);
    std::raise(SIGUSR1);
    const int first = co_await signals.next();
    const int second = co_await signals.next();
    EXPECT_EQ(first, SIGUSR1);
    EXPECT_EQ(second, SIGUSR2);
    const auto none = co_await weft::move_on_after(1ms, signals.next());
    EXPECT_EQ(none, std::nullopt);
  });
}

TEST(SignalSet, GivesEachSignalToOneWaiterInOrder) {
  weft::run([]() -> weft::task<> {
    weft::signal_set signals{SIGUSR1};
    std::vector<int> order;
    auto wait = [&](int id) -> weft::task<> {
      co_await signals.next();
      order.push_back(id);
    };
    auto first = weft::create_task(wait(1));
    auto second = weft::create_task(wait(2));
    auto third = weft::create_task(wait(3));
    co_await weft::sleep(1ms);
    second.cancel();
    std::raise(SIGUSR1);
    co_await first;
    std::raise(SIGUSR1);
    co_await third;
    EXPECT_EQ(order, (std::vector<int>{1, 3}));
  });
}

TEST(SignalSet, EverySetGetsEverySignal) {
  weft::run([]() -> weft::task<> {
    weft::signal_set one{SIGUSR1};
    weft::signal_set other{SIGUSR1, SIGUSR2};
    std::raise(SIGUSR1);
    const auto [a, b] = co_await weft::gather(one.next(), other.next());
    EXPECT_EQ(a, SIGUSR1);
    EXPECT_EQ(b, SIGUSR1);
  });
}

TEST(SignalSet, TakesWhatRunWouldStopAt) {
  const int got = weft::run([]() -> weft::task<int> {
    weft::signal_set signals{SIGTERM};
    std::raise(SIGTERM);
    co_return co_await signals.next();
  });
  EXPECT_EQ(got, SIGTERM);
  EXPECT_THROW(weft::run([]() -> weft::task<> {
                 {
                   const weft::signal_set signals{SIGTERM};
                 }
                 std::raise(SIGTERM);
                 co_await weft::sleep(1h);
               }),
               weft::interrupted)
      << "run has its signals back";
}

TEST(SignalSet, PutsTheProcessesDispositionsBack) {
  struct sigaction before{};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &before), 0);
  weft::run([]() -> weft::task<> {
    const weft::signal_set one{SIGUSR1};
    weft::signal_set other{SIGUSR1};
    weft::signal_set moved = std::move(other);
    co_return;
  });
  struct sigaction after{};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &after), 0);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

TEST(SignalSet, RefusesWhatCannotBeCaught) {
  weft::run([]() -> weft::task<> {
    EXPECT_THROW(weft::signal_set{SIGKILL}, std::invalid_argument);
    EXPECT_THROW((weft::signal_set{SIGUSR1, 0}), std::invalid_argument);
    EXPECT_THROW(weft::signal_set{65}, std::invalid_argument);
    co_return;
  });
  EXPECT_THROW(weft::signal_set{SIGUSR1}, std::logic_error) << "outside a loop";
}

TEST(SignalSetThread, HearsOfSignalsFromOtherThreads) {
  weft::run([]() -> weft::task<> {
    weft::signal_set signals{SIGUSR1};
    for (int i = 0; i < 50; ++i) {
      auto sent = weft::create_task(weft::to_thread([] { ::kill(::getpid(), SIGUSR1); }));
      const int got = co_await signals.next();
      EXPECT_EQ(got, SIGUSR1);
      co_await sent;
    }
  });
}

}  // namespace
