#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

TEST(Channel, KeepsTheOrderAndMakesSendersWait) {
  weft::run(
      []() -> weft::task<> {
        weft::channel<int> channel{2};
        std::vector<int> sent;
        auto sender = weft::create_task([&]() -> weft::task<> {
          for (int i = 0; i < 5; ++i) {
            co_await channel.send(i);
            sent.push_back(i);
          }
          channel.close();
        });
        co_await weft::sleep(1ms);
        EXPECT_EQ(sent, (std::vector<int>{0, 1}));
        std::vector<int> got;
        while (auto item = co_await channel.receive()) got.push_back(*item);
        EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
        co_await sender;
        const auto end = co_await channel.receive();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
}

TEST(Channel, GivesAllThatIsThereAtOnce) {
  weft::run(
      []() -> weft::task<> {
        using items = std::vector<std::unique_ptr<int>>;
        const auto values = [](const items& all) {
          std::vector<int> numbers;
          for (const auto& item : all) numbers.push_back(*item);
          return numbers;
        };
        weft::channel<std::unique_ptr<int>> channel{4};
        auto sender = weft::create_task([&]() -> weft::task<> {
          for (int i = 0; i < 10; ++i) co_await channel.send(std::make_unique<int>(i));
          channel.close();
        });
        items got = co_await channel.receive_some();
        EXPECT_EQ(values(got), (std::vector<int>{0, 1, 2, 3, 4, 5})) << "and the item of the sender who waited";
        co_await weft::sleep(1ms);
        got = co_await channel.receive_some(3);
        EXPECT_EQ(values(got), (std::vector<int>{6, 7, 8}));
        got = co_await channel.receive_some();
        EXPECT_EQ(values(got), std::vector<int>{9});
        got = co_await channel.receive_some();
        EXPECT_TRUE(got.empty());
        co_await sender;
        EXPECT_THROW((void)channel.receive_some(0), std::invalid_argument);
      },
      simulated);
}

TEST(Channel, AStopOfWhoReceivesSomeLosesNothing) {
  weft::run(
      []() -> weft::task<> {
        weft::channel<int> channel{4};
        auto receiver = weft::create_task([&]() -> weft::task<> { co_await channel.receive_some(); });
        co_await weft::sleep(1ms);
        EXPECT_TRUE(channel.try_send(1));
        EXPECT_TRUE(channel.try_send(2));
        receiver.cancel();
        co_await weft::sleep(1ms);
        const auto got = co_await channel.receive_some();
        EXPECT_EQ(got, (std::vector<int>{1, 2}));
      },
      simulated);
}

TEST(Channel, ServesThoseWhoWaitInOrder) {
  weft::run(
      []() -> weft::task<> {
        weft::channel<int> channel{1};
        std::vector<std::pair<int, int>> got;
        auto receive = [&](int id) -> weft::task<> {
          auto item = co_await channel.receive();
          got.emplace_back(id, *item);
        };
        auto a = weft::create_task(receive(1));
        auto b = weft::create_task(receive(2));
        auto c = weft::create_task(receive(3));
        co_await weft::sleep(1ms);
        b.cancel();
        EXPECT_TRUE(channel.try_send(10));
        EXPECT_TRUE(channel.try_send(20));
        co_await a;
        co_await c;
        EXPECT_EQ(got, (std::vector<std::pair<int, int>>{{1, 10}, {3, 20}}));
      },
      simulated);
}

TEST(Channel, AStopLosesNoItem) {
  weft::run(
      []() -> weft::task<> {
        weft::channel<std::unique_ptr<int>> channel{4};
        auto receiver = weft::create_task([&]() -> weft::task<> { (void)co_await channel.receive(); });
        co_await weft::sleep(1ms);
        EXPECT_TRUE(channel.try_send(std::make_unique<int>(1)));
        EXPECT_TRUE(channel.try_send(std::make_unique<int>(2)));
        receiver.cancel();  // the first was on its way to it
        co_await weft::sleep(1ms);
        EXPECT_TRUE(receiver.cancelled());
        auto first = co_await channel.receive();
        auto second = co_await channel.receive();
        EXPECT_EQ(**first, 1);
        EXPECT_EQ(**second, 2);
      },
      simulated);
}

TEST(Channel, ClosingRefusesThoseWhoWaitToSend) {
  weft::run(
      []() -> weft::task<> {
        weft::channel<int> channel{1};
        co_await channel.send(1);
        auto sender = weft::create_task([&]() -> weft::task<> { co_await channel.send(2); });
        auto late = weft::create_task([&]() -> weft::task<> { (void)co_await channel.send(3); });
        co_await weft::sleep(1ms);
        channel.close();
        channel.close();
        const std::vector<weft::any_task_handle> refused{sender, late};
        for (const auto& task : refused) {
          while (!task.done()) co_await weft::checkpoint();
          EXPECT_NE(task.exception(), nullptr);
        }
        EXPECT_THROW(channel.try_send(4), weft::channel_closed_error);
        const auto left = co_await channel.receive();
        EXPECT_EQ(left, 1);
        const auto end = co_await channel.receive();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
  EXPECT_THROW(weft::channel<int>{0}, std::invalid_argument);
}

TEST(Channel, TriesWithoutALoop) {
  const weft::channel<int> channel{1};
  EXPECT_EQ(channel.try_receive(), std::nullopt);
  EXPECT_TRUE(channel.try_send(1));
  EXPECT_FALSE(channel.try_send(2));
  EXPECT_EQ(channel.size(), 1U);
  EXPECT_EQ(channel.try_receive(), 1);
}

TEST(ChannelThreads, CarriesEverythingOnceBetweenLoops) {
  constexpr int senders = 2;
  constexpr int receivers = 2;
  constexpr int each = 20'000;
  const weft::channel<int> channel{64};
  std::atomic<int> sending{senders};
  std::vector<std::vector<int>> got(receivers);
  weft::run_workers(senders + receivers, [&](weft::worker& self) -> weft::task<> {
    const int index = static_cast<int>(self.index());
    if (index < senders) {
      for (int i = 0; i < each; ++i) co_await channel.send(index * each + i);
      if (--sending == 0) channel.close();
    } else {
      auto& mine = got[static_cast<std::size_t>(index - senders)];
      while (auto item = co_await channel.receive()) mine.push_back(*item);
    }
  });
  std::vector<int> count(senders * each);
  for (const auto& mine : got) {
    std::vector<int> last(senders, -1);
    for (const int item : mine) {
      ++count[static_cast<std::size_t>(item)];
      int& before = last[static_cast<std::size_t>(item / each)];
      EXPECT_LT(before, item) << "items of one sender overtook each other";
      before = item;
    }
  }
  EXPECT_EQ(std::count(count.begin(), count.end(), 1), senders * each);
}

TEST(ChannelThreads, StopsAndItemsCrossWithoutLoss) {
  constexpr int items = 5'000;
  const weft::channel<int> channel{4};
  std::atomic<int> got{0};
  weft::run_workers(2, [&](weft::worker& self) -> weft::task<> {
    if (self.index() == 0) {
      for (int i = 0; i < items; ++i) co_await channel.send(i);
      channel.close();
      co_return;
    }
    bool open = true;
    while (open) {
      auto receiver = weft::create_task([&]() -> weft::task<> {
        for (;;) {
          const auto item = co_await channel.receive();
          if (!item) break;
          ++got;
        }
        open = false;
      });
      co_await weft::sleep(20us);
      receiver.cancel();
      while (!receiver.done()) co_await weft::checkpoint();
    }
  });
  EXPECT_EQ(got, items);
}

TEST(ChannelThreads, ItemsTakenTogetherComeOnceAndInOrder) {
  constexpr int items = 20'000;
  const weft::channel<int> channel{16};
  std::vector<std::vector<int>> got(2);
  weft::run_workers(3, [&](weft::worker& self) -> weft::task<> {
    if (self.index() == 2) {
      for (int i = 0; i < items; ++i) co_await channel.send(i);
      channel.close();
      co_return;
    }
    auto& mine = got[self.index()];
    for (;;) {
      const std::vector<int> some = co_await channel.receive_some(5);
      if (some.empty()) break;
      mine.insert(mine.end(), some.begin(), some.end());
    }
  });
  std::vector<int> all;
  for (const auto& mine : got) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(items));
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST(RunWorkersThreads, RunsEachOnALoopOfItsOwn) {
  std::mutex mutex;
  std::vector<std::thread::id> threads;
  weft::run_workers(3, [&, calls = 0](weft::worker& self) mutable -> weft::task<> {
    EXPECT_EQ(++calls, 1) << "each has its own copy";
    EXPECT_EQ(self.count(), 3U);
    EXPECT_EQ(self.loop(self.index()), weft::this_loop());
    co_await weft::sleep(1ms);
    const std::lock_guard held{mutex};
    threads.push_back(std::this_thread::get_id());
  });
  std::sort(threads.begin(), threads.end());
  EXPECT_EQ(std::unique(threads.begin(), threads.end()) - threads.begin(), 3);
}

TEST(RunWorkersThreads, AnErrorStopsTheOthersAndComesOut) {
  std::atomic<int> begun{0};
  std::atomic<int> unwound{0};
  const auto main = [&](weft::worker& self) -> weft::task<> {
    const auto note = [&](int*) { ++unwound; };
    int dummy = 0;
    const std::unique_ptr<int, decltype(note)> on_exit{&dummy, note};
    ++begun;
    while (self.index() == 1 && begun < 4) co_await weft::sleep(1ms);
    if (self.index() == 1) throw std::domain_error{"worker 1"};
    co_await weft::sleep(1h);
  };
  try {
    weft::run_workers(4, main);
    FAIL() << "no error";
  } catch (const std::domain_error& e) {
    EXPECT_STREQ(e.what(), "worker 1");
  }
  EXPECT_EQ(unwound, 4);
}

TEST(RunWorkersThreads, StopAllEndsThemWithoutAnError) {
  weft::run_workers(3, [](weft::worker& self) -> weft::task<> {
    if (self.index() == 2) self.stop_all();
    co_await weft::sleep(1h);
  });
}

TEST(RunWorkersThreads, ASignalStopsThemAll) {
  EXPECT_THROW(weft::run_workers(2,
                                 [](weft::worker& self) -> weft::task<> {
                                   if (self.index() == 0) std::raise(SIGTERM);
                                   co_await weft::sleep(1h);
                                 }),
               weft::interrupted);
}

TEST(RunWorkersThreads, WorkCanBePostedToTheOthers) {
  weft::run_workers(2, [](weft::worker& self) -> weft::task<> {
    if (self.index() == 0) {
      const auto where = [] { return std::this_thread::get_id(); };
      auto future =
          self.loop(1).run_coroutine_threadsafe([where]() -> weft::task<std::thread::id> { co_return where(); });
      const auto wait = [&future] { return future.get(); };
      const auto other = co_await weft::to_thread(wait);
      EXPECT_NE(other, std::this_thread::get_id());
      self.stop_all();
    }
    co_await weft::sleep(1h);
  });
}

TEST(RunWorkersThreads, RefusesWhatMakesNoSense) {
  const auto main = [](weft::worker&) -> weft::task<> { co_return; };
  EXPECT_THROW(weft::run_workers(0, main), std::invalid_argument);
  weft::run([&]() -> weft::task<> {
    EXPECT_THROW(weft::run_workers(1, main), std::logic_error);
    co_return;
  });
  weft::run_workers(2, main, {.pin = true});
}

}  // namespace
