#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>
#include <weft/patterns.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::task_group;
using weft::testing::failure;
using weft::testing::for_each_seed;

/// The environment for the length of a block.
class environment {
 public:
  environment(const char* name, const char* value) : name_{name} { ::setenv(name, value, 1); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

/// Three tasks that each do something between two waits.
task<std::string> order_of(int tasks) {
  std::string trace;
  co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
    for (int i = 0; i != tasks; ++i) {
      tg.create_task([&, i]() -> task<> {
        trace += static_cast<char>('a' + i);
        co_await weft::sleep(1ms);
        trace += static_cast<char>('A' + i);
      });
    }
    co_return;
  });
  co_return trace;
}

TEST(ForEachSeed, FindsAllOrders) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed != 500; ++seed) {
    orders.insert(weft::testing::run([] { return order_of(3); }, {.seed = seed}));
  }
  EXPECT_EQ(orders.size(), 36U);
}

TEST(ForEachSeed, SeedNoughtIsTheLoopsOwnOrder) {
  EXPECT_EQ(weft::testing::run([] { return order_of(4); }), "abcdABCD");
}

TEST(ForEachSeed, ASeedIsAlwaysTheSame) {
  for (std::uint64_t seed = 1; seed != 20; ++seed) {
    const auto once = weft::testing::run([] { return order_of(6); }, {.seed = seed});
    EXPECT_EQ(weft::testing::run([] { return order_of(6); }, {.seed = seed}), once);
  }
}

/// Counts on the order in which tasks begin.
task<> careless() {
  std::vector<int> made;
  co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
    tg.create_task([&]() -> task<> {
      made.push_back(1);
      co_return;
    });
    tg.create_task([&]() -> task<> {
      if (made.empty()) throw std::runtime_error{"nothing was made"};
      co_return;
    });
    co_return;
  });
}

/// The seed that a failure names.
std::uint64_t seed_in(const std::string& text) {
  const auto at = text.find("WEFT_TEST_SEED=");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + 15));
}

TEST(ForEachSeed, FindsAPlantedDependenceOnOrderAndRepeatsIt) {
  weft::testing::run(careless);  // asyncio's order hides it
  std::string text;
  try {
    for_each_seed(100, careless);
  } catch (const failure& e) {
    text = e.what();
    EXPECT_TRUE(e.cause() != nullptr);
  }
  ASSERT_NE(text, "");
  EXPECT_NE(text.find("nothing was made"), std::string::npos) << text;
  const std::uint64_t seed = seed_in(text);
  ASSERT_NE(seed, 0U) << text;
  EXPECT_NE(text.find("{.seed = " + std::to_string(seed) + "}"), std::string::npos) << text;

  EXPECT_THROW(weft::testing::run(careless, {.seed = seed}), weft::exception_group);
  const environment variable{"WEFT_TEST_SEED", std::to_string(seed).c_str()};
  int runs = 0;
  EXPECT_THROW(for_each_seed(100,
                             [&]() -> task<> {
                               ++runs;
                               co_await careless();
                             }),
               failure);
  EXPECT_EQ(runs, 1);
}

TEST(ForEachSeed, TakesItsNumberFromTheEnvironment) {
  const environment variable{"WEFT_TEST_SEEDS", "7"};
  int runs = 0;
  for_each_seed(100, [&]() -> task<> {
    ++runs;
    co_return;
  });
  EXPECT_EQ(runs, 7);
}

TEST(ForEachSeed, RefusesAnEnvironmentThatIsNoNumber) {
  const environment variable{"WEFT_TEST_SEEDS", "many"};
  EXPECT_THROW(for_each_seed(100, careless), failure);
}

TEST(ForEachSeed, AsksForChecksThatThrowNothing) {
  bool bad = false;
  const auto failed = [&] { return bad; };
  const auto program = [&]() -> task<> {
    const std::string order = co_await order_of(3);
    if (order.starts_with("c")) bad = true;
  };
  std::string text;
  try {
    for_each_seed(100, program, {.failed = failed});
  } catch (const failure& e) {
    text = e.what();
  }
  EXPECT_NE(seed_in(text), 0U) << text;
}

TEST(ForEachSeed, KeepsTheLinesOfThosWhoAreServedInOrder) {
  for_each_seed(200, []() -> task<> {
    std::string trace;
    const auto log = [&](int who) { trace += static_cast<char>('0' + who); };
    weft::queue<int> items;
    weft::semaphore permits{0};
    weft::lock lock;
    weft::condition changed{lock};
    weft::rate_limiter rate{{.rate = 1000, .burst = 10}};
    bool released = false;
    const auto in_line = [&](auto wait) -> task<> {
      trace.clear();
      co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
        for (int i = 0; i != 4; ++i) {
          tg.create_task([&, i]() -> task<> { co_await wait(i); });
          co_await weft::sleep(1ms);
        }
        released = true;
        for (int i = 0; i != 4; ++i) {
          items.put_nowait(i);
          permits.release();
        }
        auto held = co_await lock.acquire();
        changed.notify_all();
      });
      EXPECT_EQ(trace, "0123");
    };
    co_await in_line([&](int i) -> task<> {
      const int item = co_await items.get();
      EXPECT_EQ(item, i);
      log(i);
    });
    while (!items.empty()) items.get_nowait();
    for (auto permit = permits.try_acquire(); permit; permit = permits.try_acquire()) permit->detach();
    co_await in_line([&](int i) -> task<> {
      auto permit = co_await permits.acquire();
      permit.detach();
      log(i);
    });
    co_await in_line([&](int i) -> task<> {
      auto held = co_await lock.acquire();
      co_await weft::sleep(10ms);
      log(i);
    });
    released = false;
    co_await in_line([&](int i) -> task<> {
      auto held = co_await lock.acquire();
      co_await changed.wait(held, [&] { return released; });
      log(i);
    });
    co_await rate.acquire(10);
    co_await in_line([&](int i) -> task<> {
      co_await rate.acquire(2);
      log(i);
    });
  });
}

TEST(ForEachSeed, KeepsTheOrderOfCallbacks) {
  for_each_seed(100, []() -> task<> {
    std::string trace;
    auto loop = weft::this_loop();
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (const char* name : {"a", "b", "c"}) {
        tg.create_task([]() -> task<> { co_return; });
        loop.call_soon([&, name] { trace += name; });
      }
      co_return;
    });
    EXPECT_EQ(trace, "abc");
  });
}

TEST(ForEachSeed, TheOwnerHearsOfAnEndBeforeThoseWhoAwaitIt) {
  for_each_seed(200, []() -> task<> {
    try {
      co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
        auto failing = tg.create_task([]() -> task<> {
          co_await weft::sleep(1ms);
          throw std::runtime_error{"failed"};
        });
        for (int i = 0; i != 3; ++i) tg.create_task([]() -> task<> { co_await weft::sleep(1ms); });
        try {
          co_await failing;
        } catch (const std::runtime_error&) {
          ADD_FAILURE() << "the group stops its body first";
        }
      });
    } catch (const weft::exception_group& e) {
      EXPECT_EQ(e.exceptions().size(), 1U);
    }
  });
}

TEST(ForEachSeed, StopsOneOfTheTasks) {
  int stopped = 0;
  for_each_seed(100,
                [&]() -> task<> {
                  std::vector<weft::task_handle<void>> all;
                  co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
                    for (int i = 0; i != 3; ++i) all.push_back(tg.create_task(weft::sleep(1ms)));
                    co_return;
                  });
                  for (const auto& each : all) stopped += each.cancelled() ? 1 : 0;
                },
                {.stop = weft::testing::stops::any_task});
  EXPECT_GT(stopped, 20);
}

}  // namespace
