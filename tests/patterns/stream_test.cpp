// merge, zip and chunks in time.
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using stop_injection::ledger;
using weft::task;

/// Gives name1, name2, ... every so many milliseconds.
weft::async_generator<std::string> ticks(std::string name, int every, int count) {
  co_await weft::on_close([&]() -> task<> {
    log(name, " closed");
    co_return;
  });
  for (int i = 1; i <= count; ++i) {
    co_await sleep(every);
    co_yield name + std::to_string(i);
  }
}

weft::async_generator<int> numbers(int count, int every) {
  for (int i = 1; i <= count; ++i) {
    co_await sleep(every);
    co_yield i;
  }
}

weft::async_generator<int> fails_after(int count) {
  for (int i = 1; i <= count; ++i) co_yield i;
  throw value_error{"source"};
}

constexpr auto log_all = [](auto& items) -> task<> {
  bool more = true;
  while (more) {
    std::string text;
    try {
      auto item = co_await items.next();
      more = item.has_value();
      if (more) text = str(*item);
    } catch (...) {
      text = show_current();
    }
    if (more) log(text);
  }
};

}  // namespace

TEST(Merge, GivesWhatComesAsItComes) {
  expect_trace(R"(
10 a1
15 b1
20 a2
20 a closed
30 b closed
30 b2
)",
               []() -> task<> { co_await weft::with(weft::merge(ticks("a", 10, 2), ticks("b", 15, 2)), log_all); });
}

TEST(Merge, AnErrorComesInItsTurnAndTheOthersGoOn) {
  expect_trace(R"(
0 1
0 ValueError(source)
5 1
10 2
)",
               []() -> task<> { co_await weft::with(weft::merge(fails_after(1), numbers(2, 5)), log_all); });
}

TEST(Merge, LeavingEarlyClosesTheSources) {
  expect_trace(R"(
10 a1
10 a closed
10 b closed
10 left
)",
               []() -> task<> {
                 co_await weft::with(weft::merge(ticks("a", 10, 9), ticks("b", 15, 9)), [](auto& items) -> task<> {
                   std::optional<std::string> first = co_await items.next();
                   log(*first);
                 });
                 log("left");
               });
}

TEST(Merge, SourcesAreAtMostOneItemAhead) {
  weft::run(
      []() -> task<> {
        int made = 0;
        auto eager = [&]() -> weft::async_generator<int> {
          for (;;) co_yield ++made;
        };
        co_await weft::with(weft::merge(eager(), eager()), [&](auto& items) -> task<> {
          co_await sleep(10);
          EXPECT_LE(made, 2);
          for (int i = 0; i < 10; ++i) (void)co_await items.next();
          co_await sleep(10);
          EXPECT_LE(made, 12);
        });
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Merge, TakesQueuesAndMixesTypes) {
  expect_trace(R"(
0 first 1.5
0 second 1.0
)",
               []() -> task<> {
                 weft::queue<double> queue;
                 queue.put_nowait(1.5);
                 queue.shutdown();
                 co_await weft::with(weft::merge(queue, numbers(1, 0)), [](auto& items) -> task<> {
                   std::optional<double> first = co_await items.next();
                   log("first ", *first);
                   std::optional<double> second = co_await items.next();
                   log("second ", *second);
                 });
               });
}

TEST(Merge, AStopLeaksNothing) {
  const auto ends = stop_injection::stop_everywhere([](ledger& kept) -> task<> {
    auto source = [&](int every) -> weft::async_generator<int> {
      const ledger::item here{kept};
      for (int i = 0; i < 3; ++i) {
        co_await sleep(every);
        co_yield i;
      }
    };
    co_await weft::with(weft::merge(source(1), source(2)), [&](auto& items) -> task<> {
      int sum = 0;
      while (std::optional<int> item = co_await items.next()) sum += *item;
      EXPECT_EQ(sum, 6);
    });
  });
  EXPECT_EQ(ends.failed, 0);
}

TEST(Zip, PairsUpToTheShortest) {
  expect_trace(R"(
10 (1, 'a1')
20 (2, 'a2')
20 a closed
20 end
)",
               []() -> task<> {
                 auto pairs = weft::zip(numbers(9, 7), ticks("a", 10, 2));
                 while (auto pair = co_await pairs.next())
                   log("(", std::get<0>(*pair), ", ", repr(std::get<1>(*pair)), ")");
                 log("end");
               });
}

TEST(Zip, AnErrorStopsTheOthersAndComesOut) {
  expect_trace(R"(
1 (1, 1)
1 ValueError(source)
)",
               []() -> task<> {
                 auto pairs = weft::zip(numbers(9, 1), fails_after(1));
                 std::string error;
                 try {
                   while (auto pair = co_await pairs.next()) log(*pair);
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
               });
}

TEST(Zip, AStopLeaksNothing) {
  stop_injection::stop_everywhere([](ledger& kept) -> task<> {
    auto source = [&](int every) -> weft::async_generator<int> {
      const ledger::item here{kept};
      for (int i = 0; i < 3; ++i) {
        co_await sleep(every);
        co_yield i;
      }
    };
    int rows = 0;
    auto pairs = weft::zip(source(1), source(2));
    while (auto pair = co_await pairs.next()) ++rows;
    EXPECT_EQ(rows, 3);
  });
}

TEST(TimedChunks, HandsOverByCountAndByTime) {
  expect_trace(R"(
3 [1, 2, 3]
9 [4, 5]
20 [6]
22 [7]
)",
               []() -> task<> {
                 auto source = []() -> weft::async_generator<int> {
                   for (int i = 1; i <= 5; ++i) {
                     co_await sleep(1);
                     co_yield i;
                   }
                   co_await sleep(10);
                   co_yield 6;
                   co_await sleep(7);
                   co_yield 7;
                 };
                 co_await weft::with(weft::chunks(source(), 3, 5ms), log_all);
               });
}

TEST(TimedChunks, AnErrorComesBehindTheItemsBeforeIt) {
  expect_trace(R"(
0 [1]
0 ValueError(source)
)",
               []() -> task<> { co_await weft::with(weft::chunks(fails_after(1), 3, 5ms), log_all); });
}

TEST(TimedChunks, PauseWhileTwoWait) {
  weft::run(
      []() -> task<> {
        int made = 0;
        auto eager = [&]() -> weft::async_generator<int> {
          for (;;) {
            co_await weft::checkpoint();
            co_yield ++made;
          }
        };
        co_await weft::with(weft::chunks(eager(), 10, 1s), [&](auto& chunks) -> task<> {
          co_await weft::sleep(5s);
          EXPECT_EQ(made, 21);
          std::optional<std::vector<int>> first = co_await chunks.next();
          EXPECT_EQ(first->size(), 10U);
          co_await weft::sleep(5s);
          EXPECT_EQ(made, 31);
        });
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(TimedChunks, AStopLeaksNothing) {
  stop_injection::stop_everywhere([](ledger& kept) -> task<> {
    auto source = [&]() -> weft::async_generator<int> {
      const ledger::item here{kept};
      for (int i = 0; i < 5; ++i) {
        co_await sleep(i);
        co_yield i;
      }
    };
    co_await weft::with(weft::chunks(source(), 2, 3ms), [&](auto& chunks) -> task<> {
      std::size_t items = 0;
      while (auto chunk = co_await chunks.next()) items += chunk->size();
      EXPECT_EQ(items, 5U);
    });
  });
}

TEST(TimedChunks, RefuseWhatMakesNoSense) {
  EXPECT_THROW((void)weft::chunks(numbers(1, 1), 0, 1s), std::invalid_argument);
  EXPECT_THROW((void)weft::chunks(numbers(1, 1), 1, 0s), std::invalid_argument);
}
