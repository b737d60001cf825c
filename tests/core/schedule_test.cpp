// What must hold in whatever order tasks go on. WEFT_TEST_SEEDS says under how many seeds.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::task_group;
using weft::with;

template <class F>
void under_all_schedules(F program, weft::testing::options how = {}) {
  how.failed = [] { return ::testing::Test::HasFailure(); };
  weft::testing::for_each_seed(200, program, how);
}

/// Runs `work(i)` for 0 to n - 1 at the same time.
template <class F>
task<> all_of(int n, F& work) {
  co_await with(task_group{}, [&](task_group& tg) -> task<> {
    for (int i = 0; i != n; ++i) tg.create_task([&work, i]() -> task<> { co_await work(i); });
    co_return;
  });
}

/// Lets others run, some milliseconds or some turns long.
task<> dawdle(int n) {
  if (n % 3 == 0) {
    co_await weft::sleep((n % 2 + 1) * 1ms);
  } else {
    for (int turns = n % 3; turns != 0; --turns) co_await weft::checkpoint();
  }
}

/// Calls a function at the end of a block.
template <class F>
class at_end {
 public:
  explicit at_end(F check) : check_{std::move(check)} {}
  at_end(const at_end&) = delete;
  at_end& operator=(const at_end&) = delete;
  ~at_end() { check_(); }

 private:
  F check_;
};

// ---- synchronization ------------------------------------------------------------------------------------------------

TEST(Schedule, QueueItemsComeAsTheyWerePut) {
  under_all_schedules([]() -> task<> {
    weft::queue<int> queue{2};
    std::vector<int> put;
    std::vector<int> got;
    auto produce = [&](int who) -> task<> {
      for (int i = 0; i != 5; ++i) {
        co_await queue.put(who * 10 + i);
        put.push_back(who * 10 + i);
        EXPECT_LE(queue.size(), 2U);
        co_await dawdle(who + i);
      }
    };
    auto consume = [&](int who) -> task<> {
      while (const std::optional<int> item = co_await queue.next()) {
        got.push_back(*item);
        co_await dawdle(who + *item);
        queue.task_done();
      }
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(3, consume); });
      co_await all_of(3, produce);
      co_await queue.join();
      EXPECT_EQ(got.size(), 15U);
      queue.shutdown();
    });
    EXPECT_EQ(got, put);
  });
}

TEST(Schedule, QueueWithTimeLimitsLosesNothing) {
  under_all_schedules([]() -> task<> {
    weft::queue<int> queue{1};
    int put = 0;
    int got = 0;
    int late = 0;
    auto produce = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        try {
          co_await weft::wait_for(queue.put(i), 1ms);
          ++put;
        } catch (const weft::timeout_error&) {
          ++late;
        }
        co_await dawdle(who + i);
      }
    };
    auto consume = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        const std::optional<int> item = co_await weft::move_on_after(1ms, queue.get());
        if (item) ++got;
        co_await dawdle(who + i);
      }
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(3, produce); });
      tg.create_task([&]() -> task<> { co_await all_of(3, consume); });
      co_return;
    });
    EXPECT_EQ(put, got + static_cast<int>(queue.size()));
    EXPECT_EQ(put + late, 12);
  });
}

TEST(Schedule, PriorityQueueGivesTheSmallestThereIs) {
  under_all_schedules([]() -> task<> {
    weft::priority_queue<int> queue;
    std::vector<int> inside;
    int got = 0;
    auto produce = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        const int item = (who * 7 + i * 5) % 11;
        co_await queue.put(item);
        inside.push_back(item);
        co_await dawdle(who + i);
      }
    };
    auto consume = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        const int item = co_await queue.get();
        const auto smallest = std::min_element(inside.begin(), inside.end());
        EXPECT_EQ(item, *smallest);
        inside.erase(smallest);
        ++got;
        co_await dawdle(who + i);
      }
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(3, consume); });
      co_await all_of(3, produce);
    });
    EXPECT_EQ(got, 12);
    EXPECT_TRUE(queue.empty());
  });
}

TEST(Schedule, LockLetsOneInAfterTheOther) {
  under_all_schedules([]() -> task<> {
    weft::lock lock;
    std::vector<int> asked;
    std::vector<int> entered;
    int inside = 0;
    auto work = [&](int who) -> task<> {
      for (int i = 0; i != 3; ++i) {
        co_await dawdle(who + i);
        asked.push_back(who);
        const auto held = co_await lock.acquire();
        entered.push_back(who);
        EXPECT_EQ(++inside, 1);
        const at_end left{[&] { --inside; }};
        co_await dawdle(who * i);
      }
    };
    co_await all_of(4, work);
    EXPECT_EQ(entered, asked);
    EXPECT_FALSE(lock.locked());
  });
}

TEST(Schedule, LockIsHandedOnByThoseWhoGiveUp) {
  under_all_schedules([]() -> task<> {
    weft::lock lock;
    int inside = 0;
    int entered = 0;
    int late = 0;
    auto work = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        try {
          const auto held = co_await weft::wait_for(lock.acquire(), ((who + i) % 2 + 1) * 1ms);
          EXPECT_EQ(++inside, 1);
          const at_end left{[&] { --inside; }};
          ++entered;
          co_await weft::sleep(1ms);
        } catch (const weft::timeout_error&) {
          ++late;
        }
      }
    };
    co_await all_of(4, work);
    EXPECT_EQ(entered + late, 16);
    EXPECT_GE(entered, 4);
    EXPECT_FALSE(lock.locked());
    EXPECT_TRUE(lock.try_acquire().has_value());
  });
}

TEST(Schedule, SemaphoreLetsSoManyInInTheirOrder) {
  under_all_schedules([]() -> task<> {
    weft::semaphore permits{2};
    std::vector<int> asked;
    std::vector<int> entered;
    int inside = 0;
    auto work = [&](int who) -> task<> {
      for (int i = 0; i != 3; ++i) {
        co_await dawdle(who + i);
        asked.push_back(who);
        const auto permit = co_await permits.acquire();
        entered.push_back(who);
        EXPECT_LE(++inside, 2);
        const at_end left{[&] { --inside; }};
        co_await dawdle(who * i);
      }
    };
    co_await all_of(5, work);
    EXPECT_EQ(entered, asked);
    const auto first = permits.try_acquire();
    const auto second = permits.try_acquire();
    EXPECT_TRUE(first && second && !permits.try_acquire());
  });
}

TEST(Schedule, SemaphoreKeepsItsPermitsThroughTimeLimits) {
  under_all_schedules([]() -> task<> {
    weft::semaphore permits{2};
    int inside = 0;
    auto work = [&](int who) -> task<> {
      for (int i = 0; i != 4; ++i) {
        const auto permit = co_await weft::move_on_after(((who + i) % 2 + 1) * 1ms, permits.acquire());
        if (!permit) continue;
        EXPECT_LE(++inside, 2);
        const at_end left{[&] { --inside; }};
        co_await weft::sleep(1ms);
      }
    };
    co_await all_of(5, work);
    const auto first = permits.try_acquire();
    const auto second = permits.try_acquire();
    EXPECT_TRUE(first && second && !permits.try_acquire());
  });
}

TEST(Schedule, ConditionLosesNoNotification) {
  under_all_schedules([]() -> task<> {
    weft::lock lock;
    weft::condition not_empty{lock};
    weft::condition not_full{lock};
    int inside = 0;
    int taken = 0;
    auto take = [&](int who) -> task<> {
      for (int i = 0; i != 3; ++i) {
        auto held = co_await lock.acquire();
        co_await not_empty.wait(held, [&] { return inside > 0; });
        EXPECT_TRUE(lock.locked());
        --inside;
        ++taken;
        not_full.notify_one();
        co_await dawdle(who);
      }
    };
    auto give = [&](int who) -> task<> {
      for (int i = 0; i != 3; ++i) {
        auto held = co_await lock.acquire();
        co_await not_full.wait(held, [&] { return inside < 2; });
        EXPECT_LT(inside, 2);
        ++inside;
        not_empty.notify_one();
        held.unlock();
        co_await dawdle(who + i);
      }
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(3, take); });
      co_await all_of(3, give);
    });
    EXPECT_EQ(taken, 9);
    EXPECT_EQ(inside, 0);
    EXPECT_FALSE(lock.locked());
  });
}

TEST(Schedule, BarrierHoldsUpUntilAllAreThere) {
  under_all_schedules([]() -> task<> {
    weft::barrier barrier{3};
    std::vector<std::size_t> arrived(4);
    std::vector<std::size_t> numbers(4);
    auto work = [&](int who) -> task<> {
      for (std::size_t round = 0; round != 4; ++round) {
        co_await dawdle(who + static_cast<int>(round));
        ++arrived[round];
        const std::size_t number = co_await barrier.wait();
        EXPECT_EQ(arrived[round], 3U);
        numbers[round] += std::size_t{1} << (number * 8);
      }
    };
    co_await all_of(3, work);
    for (const std::size_t n : numbers) EXPECT_EQ(n, 0x010101U);
  });
}

TEST(Schedule, BarrierForMoreThanItsParties) {
  under_all_schedules([]() -> task<> {
    weft::barrier barrier{2};
    int passed = 0;
    auto work = [&](int who) -> task<> {
      for (int i = 0; i != 2; ++i) {
        co_await dawdle(who);
        co_await barrier.wait();
        ++passed;
      }
    };
    co_await all_of(4, work);
    EXPECT_EQ(passed, 8);
    EXPECT_EQ(barrier.n_waiting(), 0U);
  });
}

TEST(Schedule, EventWakesAll) {
  under_all_schedules([]() -> task<> {
    weft::event event;
    int woken = 0;
    auto work = [&](int who) -> task<> {
      co_await dawdle(who);
      co_await event.wait();
      ++woken;
    };
    co_await with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await all_of(5, work); });
      co_await weft::sleep(1ms);
      event.set();
    });
    EXPECT_EQ(woken, 5);
  });
}

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
