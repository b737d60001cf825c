// Synchronization, in whatever order tasks go on.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <support/at_end.hpp>
#include <vector>
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

}  // namespace
