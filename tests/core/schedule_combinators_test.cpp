// Groups, combinators, futures and generators, in whatever order tasks go on.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <support/at_end.hpp>
#include <vector>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "schedules.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::task_group;
using weft::with;
using weft::testing::all_of;
using weft::testing::at_end;
using weft::testing::dawdle;
using weft::testing::under_all_schedules;

// ---- groups ---------------------------------------------------------------------------------------------------------

TEST(Schedule, AGroupOutlivesItsChildrenHoweverTheyEnd) {
  under_all_schedules([]() -> task<> {
    int running = 0;
    int failed = 0;
    auto child = [&](int who) -> task<> {
      ++running;
      const at_end ended{[&] { --running; }};
      co_await dawdle(who);
      if (who % 2 == 0) {
        ++failed;
        throw std::runtime_error{"child"};
      }
      co_await weft::sleep(1h);
    };
    std::size_t errors = 0;
    try {
      co_await all_of(5, child);
    } catch (const weft::exception_group& e) {
      errors = e.exceptions().size();
    }
    EXPECT_EQ(running, 0);
    EXPECT_GT(errors, 0U);
    EXPECT_EQ(errors, static_cast<std::size_t>(failed));
    EXPECT_LT(weft::now().time_since_epoch(), 1h);
  });
}

TEST(Schedule, ChildrenMakeChildren) {
  under_all_schedules([]() -> task<> {
    int ended = 0;
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&, i]() -> task<> {
          co_await dawdle(i);
          tg.create_task([&, i]() -> task<> {
            co_await dawdle(i + 1);
            ++ended;
          });
          ++ended;
        });
      }
      co_return;
    });
    EXPECT_EQ(ended, 6);
  });
}

TEST(Schedule, AGroupThatIsCancelledTakesAllWithIt) {
  under_all_schedules([]() -> task<> {
    int running = 0;
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 4; ++i) {
        tg.create_task([&, i]() -> task<> {
          ++running;
          const at_end ended{[&] { --running; }};
          co_await with(weft::finally([i]() -> task<> { co_await dawdle(i); }),
                        [i]() -> task<> { co_await weft::sleep((i + 1) * 1ms); });
        });
      }
      co_await weft::sleep(2ms);
      tg.cancel();
      co_await weft::sleep(1h);
    });
    EXPECT_EQ(running, 0);
    EXPECT_LT(weft::now().time_since_epoch(), 1h);
  });
}

TEST(Schedule, BackgroundGroupsEnd) {
  under_all_schedules([]() -> task<> {
    int running = 0;
    weft::background_group group;
    for (int i = 0; i != 5; ++i) {
      group.create_task([&, i]() -> task<> {
        ++running;
        const at_end ended{[&] { --running; }};
        co_await dawdle(i);
        if (i % 2 == 0) co_await weft::sleep(1h);
      });
    }
    co_await dawdle(3);
    co_await weft::gather(group.shutdown(), group.join());
    EXPECT_EQ(running, 0);
    EXPECT_TRUE(group.empty());
    EXPECT_LT(weft::now().time_since_epoch(), 1h);
  });
}

TEST(Schedule, StoppedFromOutsideNothingIsLeft) {
  under_all_schedules(
      []() -> task<> {
        weft::queue<int> queue{1};
        weft::lock lock;
        int put = 0;
        int got = 0;
        const at_end balanced{[&] {
          EXPECT_EQ(put, got + static_cast<int>(queue.size()));
          EXPECT_FALSE(lock.locked());
        }};
        auto produce = [&](int who) -> task<> {
          for (int i = 0; i != 4; ++i) {
            co_await queue.put(i);
            ++put;
            const auto held = co_await lock.acquire();
            co_await dawdle(who + i);
          }
        };
        co_await with(task_group{}, [&](task_group& tg) -> task<> {
          tg.create_task([&]() -> task<> { co_await all_of(2, produce); });
          for (int i = 0; i != 8; ++i) {
            const int item = co_await weft::wait_for(queue.get(), 1h);
            ++got;
            co_await dawdle(item);
          }
        });
      },
      {.stop = weft::testing::stops::main_task});
}

TEST(Schedule, AStoppedWorkerLeavesItsWorkToTheOthers) {
  under_all_schedules(
      []() -> task<> {
        weft::queue<int> queue;
        int taken = 0;
        const at_end balanced{[&] { EXPECT_EQ(taken + static_cast<int>(queue.size()), 6); }};
        for (int i = 0; i != 6; ++i) queue.put_nowait(i);
        queue.shutdown();
        auto work = [&](int who) -> task<> {
          while (const std::optional<int> item = co_await queue.next()) {
            ++taken;
            co_await dawdle(who + *item);
          }
        };
        co_await all_of(3, work);
      },
      {.stop = weft::testing::stops::any_task});
}

// ---- several at a time ----------------------------------------------------------------------------------------------

task<int> after(int n) {
  co_await dawdle(n);
  co_return n;
}

TEST(Schedule, GatherKeepsTheOrderOfItsArguments) {
  under_all_schedules([]() -> task<> {
    const auto [a, b, c] = co_await weft::gather(after(2), after(0), after(1));
    EXPECT_EQ(a * 100 + b * 10 + c, 201);
    std::vector<task<int>> more;
    for (int i = 0; i != 6; ++i) more.push_back(after(i));
    const std::vector<int> values = co_await weft::gather(std::move(more));
    EXPECT_EQ(values, (std::vector{0, 1, 2, 3, 4, 5}));
  });
}

TEST(Schedule, GatherThatFailsEndsTheOthersFirst) {
  under_all_schedules([]() -> task<> {
    int running = 0;
    const auto child = [&](int who) -> task<int> {
      ++running;
      const at_end ended{[&] { --running; }};
      co_await weft::sleep(1ms);
      if (who < 2) throw std::runtime_error{"child"};
      co_await weft::sleep(1h);
      co_return who;
    };
    bool failed = false;
    try {
      co_await weft::gather(child(0), child(1), child(2), child(3));
    } catch (const std::runtime_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    EXPECT_EQ(running, 0);
    const auto [a, b] = co_await weft::gather(weft::return_exceptions, child(0), after(4));
    EXPECT_FALSE(a.has_value());
    EXPECT_EQ(b.value(), 4);
  });
}

TEST(Schedule, OneWinsARace) {
  under_all_schedules([]() -> task<> {
    int ended = 0;
    int unwound = 0;
    const auto runner = [&](int who) -> task<int> {
      bool arrived = false;
      const at_end counted{[&] { ++(arrived ? ended : unwound); }};
      co_await weft::sleep(1ms);
      co_await weft::checkpoint();
      arrived = true;
      co_return who;
    };
    const int winner = co_await weft::race(runner(1), runner(2), runner(3));
    EXPECT_TRUE(winner >= 1 && winner <= 3);
    EXPECT_GE(ended, 1);
    EXPECT_EQ(ended + unwound, 3);
  });
}

TEST(Schedule, EachTaskIsGivenOutOnce) {
  under_all_schedules([]() -> task<> {
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      std::vector<weft::task_handle<int>> tasks;
      for (int i = 0; i != 6; ++i) tasks.push_back(tg.create_task(after(i)));
      const auto some = co_await weft::wait(tasks, {.when = weft::first_completed});
      EXPECT_FALSE(some.done.empty());
      EXPECT_EQ(some.done.size() + some.pending.size(), 6U);
      int seen = 0;
      auto order = weft::as_completed(tasks);
      while (const auto ended = co_await order.next()) {
        EXPECT_TRUE(ended->done());
        seen += 1 << (3 * ended->result());
      }
      EXPECT_EQ(seen, 0111111);
      for (const auto& each : tasks) EXPECT_TRUE(each.done());
    });
  });
}

TEST(Schedule, TasksThatAwaitEachOther) {
  under_all_schedules([]() -> task<> {
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      auto first = tg.create_task(after(3));
      auto second = tg.create_task([first]() -> task<int> {
        const int n = co_await first;
        co_return n + 1;
      });
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&]() -> task<> {
          const int sum = co_await first + co_await second;
          EXPECT_EQ(sum, 7);
        });
      }
      const int last = co_await second;
      EXPECT_EQ(last, 4);
    });
  });
}

// ---- limits, futures, generators ------------------------------------------------------------------------------------

TEST(Schedule, ALimitIsMetOrNot) {
  under_all_schedules([]() -> task<> {
    int in_time = 0;
    int late = 0;
    int finished = 0;
    auto work = [&](int who) -> task<> {
      try {
        co_await weft::wait_for(
            [&]() -> task<> {
              co_await weft::sleep((who % 3 + 1) * 1ms);
              co_await weft::checkpoint();
              ++finished;
            },
            2ms);
        ++in_time;
      } catch (const weft::timeout_error&) {
        ++late;
      }
    };
    co_await all_of(6, work);
    EXPECT_EQ(in_time, finished);
    EXPECT_EQ(in_time + late, 6);
    EXPECT_GE(in_time, 2);  // those who sleep for 1 ms
    EXPECT_GE(late, 2);     // those who sleep for 3 ms
  });
}

TEST(Schedule, TheOuterOfTwoEqualLimitsWins) {
  under_all_schedules([]() -> task<> {
    auto work = [&](int) -> task<> {
      bool outer = false;
      try {
        co_await with(weft::timeout(2ms), []() -> task<> {
          try {
            co_await with(weft::timeout(2ms), []() -> task<> { co_await weft::sleep(1h); });
          } catch (const weft::timeout_error&) {
            ADD_FAILURE() << "the inner one";
          }
        });
      } catch (const weft::timeout_error&) {
        outer = true;
      }
      EXPECT_TRUE(outer);
    };
    co_await all_of(3, work);
  });
}

TEST(Schedule, WhatIsShieldedComesToItsEnd) {
  under_all_schedules([]() -> task<> {
    int begun = 0;
    int saved = 0;
    auto work = [&](int who) -> task<> {
      const std::optional<int> got = co_await weft::move_on_after((who % 3) * 1ms, weft::shield([&]() -> task<int> {
                                                                    ++begun;
                                                                    co_await dawdle(who);
                                                                    ++saved;
                                                                    co_return who;
                                                                  }));
      if (got) {
        EXPECT_EQ(*got, who);
      }
    };
    co_await all_of(6, work);
    EXPECT_EQ(saved, begun);
  });
}

TEST(Schedule, ShieldedHandlesOfOneTask) {
  under_all_schedules([]() -> task<> {
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      auto saving = tg.create_task(after(0));  // a millisecond
      for (int i = 0; i != 4; ++i) {
        tg.create_task([&]() -> task<> {
          const std::optional<int> got = co_await weft::move_on_after(1ms, weft::shield(saving));
          if (got) {
            EXPECT_EQ(*got, 0);
          }
        });
      }
      const int got = co_await saving;
      EXPECT_EQ(got, 0);
    });
  });
}

TEST(Schedule, AFutureReachesAllWhoWait) {
  under_all_schedules([]() -> task<> {
    weft::promise<int> promise;
    weft::future<int> future = promise.get_future();
    int sum = 0;
    int called = 0;
    future.add_done_callback([&](const weft::future<int>& done) { called += done.result(); });
    auto wait = [&](int who) -> task<> {
      co_await dawdle(who);
      const int value = co_await weft::shield(future);
      sum += value;
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(5, wait); });
      co_await weft::sleep(1ms);
      promise.set_value(2);
    });
    EXPECT_EQ(sum, 10);
    EXPECT_EQ(called, 2);
  });
}

weft::async_generator<int> count(int from, int end, int& open) {
  co_await weft::on_close([&open]() -> task<> {
    co_await weft::checkpoint();
    --open;
  });
  ++open;
  for (int i = from; i != end; ++i) {
    co_await dawdle(i);
    co_yield i;
  }
}

TEST(Schedule, GeneratorsGiveTheirValuesInOrder) {
  under_all_schedules([]() -> task<> {
    int open = 0;
    auto work = [&](int who) -> task<> {
      int expected = who;
      co_await with(weft::closing(count(who, who + 4, open)), [&](auto& numbers) -> task<> {
        for (auto n = co_await numbers.next(); n; n = co_await numbers.next()) {
          EXPECT_EQ(*n, expected++);
          if (*n == 5) break;
        }
      });
      EXPECT_EQ(expected, who + std::min(4, 6 - who));
    };
    co_await all_of(4, work);
    EXPECT_EQ(open, 0);
  });
}

}  // namespace
