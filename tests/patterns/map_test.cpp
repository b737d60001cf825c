#include <algorithm>
#include <list>
#include <memory>
#include <ranges>
#include <set>
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using stop_injection::ledger;
using stop_injection::stop_everywhere;
using weft::task;

task<int> slowly(int n) {
  co_await sleep(10 * n);
  co_return n * 2;
}

weft::async_generator<int> numbers(int n) {
  co_await weft::on_close([n]() -> task<> {
    log("closed ", n);
    co_return;
  });
  for (int i = 1; i <= n; ++i) {
    co_await sleep(1);
    co_yield i;
  }
}

template <class F>
void simulated(F main) {
  weft::run(main, {.clock = weft::clock_mode::simulated});
}

}  // namespace

TEST(Map, GivesValuesInTheOrderOfTheItems) {
  expect_trace(R"(
30 [6, 2, 4]
)",
               []() -> task<> {
                 const std::vector<int> inputs{3, 1, 2};  // 2 begins when 1 ends
                 log(co_await weft::map(inputs, slowly, {.limit = 2}));
               });
}

TEST(Map, NeverRunsMoreThanTheLimit) {
  simulated([]() -> task<> {
    int running = 0;
    int most = 0;
    const std::vector<int> got = co_await weft::map(std::views::iota(0, 50),
                                                    [&](int n) -> task<int> {
                                                      most = std::max(most, ++running);
                                                      co_await sleep(n % 7 + 1);
                                                      --running;
                                                      co_return n;
                                                    },
                                                    {.limit = 5});
    EXPECT_EQ(most, 5);
    EXPECT_EQ(got.size(), 50U);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
  });
}

TEST(Map, OfNothingGivesNothing) {
  simulated([]() -> task<> {
    const std::vector<int> none;
    const std::vector<int> got = co_await weft::map(none, slowly);
    EXPECT_TRUE(got.empty());
    const auto settled = co_await weft::map_settled(weft::async_generator<int>{}, slowly);
    EXPECT_TRUE(settled.empty());
  });
}

TEST(Map, TheFirstErrorStopsTheOthersAndComesOut) {
  expect_trace(R"(
20 1 stopped
20 3 stopped
20 ValueError(2)
)",
               []() -> task<> {
                 std::vector<int> inputs{1, 2, 3, 4};
                 std::string error;
                 try {
                   co_await weft::map(std::move(inputs),
                                      [](int n) -> task<> {
                                        const log_at_stop stopped{std::to_string(n) + " stopped"};
                                        co_await sleep(n == 2 ? 20 : 30);
                                        throw value_error{std::to_string(n)};
                                      },
                                      {.limit = 3});
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
               });
}

TEST(Map, TakesFromAGeneratorOnlyWhenThereIsRoom) {
  expect_trace(R"(
1 begins 1
2 begins 2
12 begins 3
13 begins 4
22 closed 4
23 [1, 2, 3, 4]
)",
               []() -> task<> {
                 log(co_await weft::map(numbers(4),
                                        [](int n) -> task<int> {
                                          log("begins ", n);
                                          co_await sleep(10);
                                          co_return n;
                                        },
                                        {.limit = 2}));
               });
}

TEST(Map, AnErrorClosesTheGenerator) {
  expect_trace(R"(
2 closed 9
2 ValueError(2)
)",
               []() -> task<> {
                 std::string error;
                 try {
                   co_await weft::map(numbers(9), [](int n) -> task<> {
                     if (n == 2) throw value_error{std::to_string(n)};
                     co_await sleep(100);
                   });
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
               });
}

TEST(Map, AnErrorOfTheSourceStopsAll) {
  expect_trace(R"(
0 stopped
0 KeyError(source)
0 stopped
0 KeyError(source)
)",
               []() -> task<> {
                 auto source = []() -> weft::async_generator<int> {
                   co_yield 1;
                   co_await weft::checkpoint();
                   throw key_error{"source"};
                 };
                 auto work = [](int) -> task<> {
                   const log_at_stop stopped{"stopped"};
                   co_await sleep(100);
                 };
                 std::string error;
                 try {
                   co_await weft::map(source(), work);
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
                 try {
                   (void)co_await weft::map_settled(source(), work);
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
               });
}

TEST(Map, ElementsOfALvalueRangeArePassedByReference) {
  simulated([]() -> task<> {
    std::vector<std::string> words{"a", "b"};
    co_await weft::map(words, [](std::string& w) -> task<> {
      co_await weft::checkpoint();
      w += "!";
    });
    EXPECT_EQ(words, (std::vector<std::string>{"a!", "b!"}));

    std::vector<std::unique_ptr<int>> owned;
    owned.push_back(std::make_unique<int>(7));
    const std::vector<int> got = co_await weft::map(std::move(owned), [](std::unique_ptr<int> p) -> task<int> {
      co_await weft::checkpoint();
      co_return *p;
    });
    EXPECT_EQ(got, std::vector<int>{7});

    const std::list<int> list{1, 2};
    const std::vector<int> doubled = co_await weft::map(list, slowly);
    EXPECT_EQ(doubled, (std::vector<int>{2, 4}));
  });
}

TEST(Map, WhatAnItemIsConvertedToLivesAsLongAsTheCall) {
  simulated([]() -> task<> {
    const std::vector<const char*> words{"a word that is too long to be stored in place", "b"};
    const auto got = co_await weft::map(words, [](const std::string& w) -> task<std::size_t> {
      co_await sleep(1);
      co_return w.size();
    });
    EXPECT_EQ(got, (std::vector<std::size_t>{45, 1}));
  });
}

TEST(Map, TakesMemberFunctions) {
  struct page {
    int number;
    task<int> load() const {
      co_await sleep(1);
      co_return number;
    }
  };
  simulated([]() -> task<> {
    const std::vector<page> pages{{1}, {2}};
    const std::vector<int> got = co_await weft::map(pages, &page::load);
    EXPECT_EQ(got, (std::vector<int>{1, 2}));
  });
}

TEST(Map, ACallableThatThrowsHasFailed) {
  simulated([]() -> task<> {
    const std::vector<int> inputs{1, 2};
    bool thrown = false;
    try {
      co_await weft::map(inputs, [](int n) -> task<int> {
        if (n == 2) throw value_error{"at once"};
        return slowly(n);
      });
    } catch (const value_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(Map, SettledLosesNothing) {
  simulated([]() -> task<> {
    const std::vector<int> inputs{1, 2, 3};
    auto odd_fails = [](int n) -> task<int> {
      co_await sleep(n);
      if (n % 2 != 0) throw value_error{std::to_string(n)};
      co_return n;
    };
    const auto got = co_await weft::map_settled(inputs, odd_fails, {.limit = 2});
    EXPECT_EQ(str(got), "[ValueError(1), 2, ValueError(3)]");
    const auto nothing = co_await weft::map_settled(inputs, [](int) -> task<> { co_return; });
    EXPECT_EQ(nothing.size(), 3U);
    EXPECT_TRUE(nothing[2].has_value());
  });
}

TEST(Map, WhatSomebodyElseCancelsIsNotLost) {
  simulated([]() -> task<> {
    const std::vector<int> inputs{1, 2};
    auto gives_up = [](int n) -> task<int> {
      if (n == 1) weft::current_task().cancel();
      co_await sleep(1);
      co_return n;
    };
    const auto settled = co_await weft::map_settled(inputs, gives_up);
    EXPECT_EQ(str(settled), "[CancelledError, 2]");
    bool cancelled = false;
    try {
      (void)co_await weft::map(inputs, gives_up);
    } catch (const weft::cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  });
}

TEST(Map, RefusesALimitBelowOne) {
  const std::vector<int> inputs;
  EXPECT_THROW((void)weft::map(inputs, slowly, {.limit = 0}), std::invalid_argument);
  EXPECT_THROW((void)weft::map_settled(inputs, slowly, {.limit = -1}), std::invalid_argument);
  EXPECT_THROW((void)weft::map_unordered(inputs, slowly, {.limit = -1}), std::invalid_argument);
}

TEST(Map, AStopGoesToAll) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    auto work = [&](int n) -> task<int> {
      const ledger::item here{kept};
      co_await sleep(n);
      co_return n;
    };
    const std::vector<int> got = co_await weft::map(numbers(5), work, {.limit = 2});
    EXPECT_EQ(got.size(), 5U);
    const std::vector<int> inputs{3, 1, 2};
    const auto settled = co_await weft::map_settled(inputs, work, {.limit = 2});
    EXPECT_EQ(settled.size(), 3U);
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(Map, AStopWhileItFailsLeaksNothing) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::map(numbers(5),
                       [&](int n) -> task<> {
                         co_await weft::with(ledger::manager{kept}, [&]() -> task<> { co_await sleep(1); });
                         if (n == 3) throw value_error{};
                       },
                       {.limit = 2});
  });
}

TEST(MapUnordered, GivesValuesAsTheyCome) {
  expect_trace(R"(
10 2
30 6
30 4
)",
               []() -> task<> {
                 const std::vector<int> inputs{3, 1, 2};
                 co_await weft::with(weft::map_unordered(inputs, slowly, {.limit = 2}), [](auto& values) -> task<> {
                   while (std::optional<int> v = co_await values.next()) log(*v);
                 });
               });
}

TEST(MapUnordered, AnErrorComesInItsTurnAndTheOthersGoOn) {
  expect_trace(R"(
1 1
2 ValueError(2)
3 3
)",
               []() -> task<> {
                 co_await weft::with(weft::map_unordered(std::views::iota(1, 4),
                                                         [](int n) -> task<int> {
                                                           co_await sleep(n);
                                                           if (n == 2) throw value_error{"2"};
                                                           co_return n;
                                                         }),
                                     [](auto& values) -> task<> {
                                       for (bool more = true; more;) {
                                         std::string text;
                                         try {
                                           std::optional<int> v = co_await values.next();
                                           more = v.has_value();
                                           if (more) text = std::to_string(*v);
                                         } catch (...) {
                                           text = show_current();
                                         }
                                         if (more) log(text);
                                       }
                                     });
               });
}

TEST(MapUnordered, LeavingEarlyStopsTheRest) {
  expect_trace(R"(
1 1
1 closed
1 2 stopped
1 left
)",
               []() -> task<> {
                 auto work = [](int n) -> task<int> {
                   const log_at_stop stopped{std::to_string(n) + " stopped"};
                   if (n > 1) co_await sleep(100);
                   co_return n;
                 };
                 auto source = []() -> weft::async_generator<int> {
                   co_await weft::on_close([]() -> task<> {
                     log("closed");
                     co_return;
                   });
                   co_await sleep(1);
                   co_yield 1;
                   co_yield 2;
                   co_await sleep(100);
                 };
                 co_await weft::with(weft::map_unordered(source(), work), [](auto& values) -> task<> {
                   std::optional<int> v = co_await values.next();
                   log(*v);
                 });
                 log("left");
               });
}

TEST(MapUnordered, PausesWhileResultsWaitToBeTaken) {
  simulated([]() -> task<> {
    int begun = 0;
    auto work = [&](int) -> task<> {
      ++begun;
      co_await sleep(1);
    };
    co_await weft::with(weft::map_unordered(std::views::iota(0, 100), work, {.limit = 3}), [&](auto& values) -> task<> {
      co_await sleep(100);
      EXPECT_EQ(begun, 6);  // three results wait, and three have run on top of them
      (void)co_await values.next();
      co_await sleep(100);
      EXPECT_EQ(begun, 7);
    });
    EXPECT_EQ(begun, 7);
  });
}

TEST(MapUnordered, EndsAlthoughSomebodyCancelsATask) {
  simulated([]() -> task<> {
    co_await weft::with(weft::map_unordered(std::views::iota(0, 1),
                                            [](int) -> task<> {
                                              weft::current_task().cancel();
                                              co_await sleep(1);
                                            }),
                        [](auto& values) -> task<> {
                          bool cancelled = false;
                          try {
                            (void)co_await values.next();
                          } catch (const weft::cancelled_error&) {
                            cancelled = true;
                          }
                          EXPECT_TRUE(cancelled);
                          const auto end = co_await values.next();
                          EXPECT_FALSE(end);
                        });
  });
}

TEST(MapUnordered, IsForWith) {
  simulated([]() -> task<> {
    auto values = weft::map_unordered(std::views::iota(0, 1), slowly);
    EXPECT_THROW((void)values.next(), std::logic_error);
    co_await weft::with(values, []() -> task<> { co_return; });
    bool refused = false;
    try {
      co_await weft::with(values, []() -> task<> { co_return; });
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(MapUnordered, AStopLeaksNothing) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    auto work = [&](int n) -> task<int> {
      const ledger::item here{kept};
      co_await sleep(n % 3);
      co_return n;
    };
    co_await weft::with(weft::map_unordered(numbers(6), work, {.limit = 2}), [&](auto& values) -> task<> {
      const ledger::item here{kept};
      std::set<int> got;
      while (std::optional<int> v = co_await values.next()) got.insert(*v);
      EXPECT_EQ(got.size(), 6U);
    });
  });
  EXPECT_EQ(ends.failed, 0U);
}
