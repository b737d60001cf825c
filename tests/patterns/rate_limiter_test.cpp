#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::rate_limiter;
using weft::task;

task<> take(rate_limiter& limiter, std::string name, std::ptrdiff_t tokens = 1) {
  const log_at_stop stopped{name + " stopped"};
  co_await limiter.acquire(tokens);
  log(name);
}

}  // namespace

TEST(RateLimiter, SpacesEvenly) {
  expect_trace(R"(
0 0
200 1
400 2
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 5}};
                 for (int i = 0; i < 3; ++i) {
                   co_await limiter.acquire();
                   log(i);
                 }
               });
}

TEST(RateLimiter, SavesUpToTheBurst) {
  expect_trace(R"(
0 0
0 1
0 2
100 3
200 4
10200 5
10200 6
10200 7
10300 8
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 10, .burst = 3}};
                 for (int i = 0; i < 9; ++i) {
                   if (i == 5) co_await weft::sleep(10s);
                   co_await limiter.acquire();
                   log(i);
                 }
               });
}

TEST(RateLimiter, ServesInTheOrderOfAsking) {
  expect_trace(R"(
0 A
100 B stopped
200 C
300 try False
500 D
600 E
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 10, .burst = 3}};
                 (void)limiter.try_acquire(2);
                 auto a = spawn(take(limiter, "A"), "A");
                 auto b = spawn(take(limiter, "B", 3), "B");
                 auto c = spawn(take(limiter, "C", 2), "C");
                 auto d = spawn(take(limiter, "D", 3), "D");
                 auto e = spawn(take(limiter, "E"), "E");
                 co_await sleep(100);
                 b.cancel();  // the next one's turn comes sooner
                 co_await sleep(200);
                 log("try ", limiter.try_acquire());
                 EXPECT_EQ(limiter.statistics().waiting, 2U);
                 EXPECT_EQ(limiter.delay(), 400ms);
                 co_await e;
               });
}

TEST(RateLimiter, WhoIsStoppedAfterItsTurnGivesTheTokensBack) {
  expect_trace(R"(
100 A stopped
100 B
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 10}};
                 (void)limiter.try_acquire();
                 auto a = spawn(take(limiter, "A"), "A");
                 auto b = spawn(take(limiter, "B"), "B");
                 co_await weft::sleep(0ms);
                 // Armed behind A's timer: it is woken but has not run.
                 weft::this_loop().call_later(100ms, [a] { a.cancel(); });
                 co_await b;
               });
}

TEST(RateLimiter, CanBeAdjustedWhileInUse) {
  expect_trace(R"(
0 A
1050 B
1150 C
1250 D
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 0.5}};
                 auto a = spawn(take(limiter, "A"), "A");
                 auto b = spawn(take(limiter, "B"), "B");
                 auto c = spawn(take(limiter, "C"), "C");
                 auto d = spawn(take(limiter, "D"), "D");
                 co_await sleep(1000);
                 // Half a token is there; the rest comes twenty times as fast.
                 limiter.set_limit({.rate = 10});
                 EXPECT_EQ(limiter.limit().rate, 10);
                 co_await d;
               });
}

TEST(RateLimiter, AWaiterForMoreThanTheNewBurstIsServedFromAFullBucket) {
  expect_trace(R"(
1000 A
4000 B
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 1, .burst = 4}};
                 (void)limiter.try_acquire(4);
                 auto a = spawn(take(limiter, "A", 3), "A");
                 auto b = spawn(take(limiter, "B"), "B");
                 co_await weft::sleep(0ms);
                 limiter.set_limit({.rate = 1, .burst = 1});
                 co_await b;
               });
}

TEST(RateLimiter, KeepsItsRateThroughLongSteps) {
  weft::run(
      []() -> task<> {
        rate_limiter limiter{{.rate = 10, .burst = 5}};
        co_await weft::sleep(1h);
        // The loop has not read the clock since the step began.
        busy(10'000);
        int at_once = 0;
        while (limiter.try_acquire()) ++at_once;
        EXPECT_EQ(at_once, 5);
        EXPECT_EQ(limiter.statistics().refused, 1U);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(RateLimiter, WaitersThatAreWokenLateDoNotLowerTheRate) {
  weft::run(
      []() -> task<> {
        rate_limiter limiter{{.rate = 1000}};
        std::vector<weft::task_handle<void>> waiters;
        for (int i = 0; i <= 100; ++i) {
          waiters.push_back(weft::create_task([&]() -> task<> { co_await limiter.acquire(); }));
        }
        for (int i = 0; i < 20; ++i) {
          co_await sleep(1);
          busy(4);  // keeps the loop from waking them in time
        }
        co_await waiters.back();
        EXPECT_LE(weft::now().time_since_epoch(), 101ms);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(RateLimiter, NeverFasterThanAsked) {
  weft::run(
      []() -> task<> {
        rate_limiter limiter{{.rate = 3}};
        const auto start = weft::now();
        for (int i = 0; i < 10; ++i) co_await limiter.acquire();
        EXPECT_GE(weft::now() - start, 3s);
        EXPECT_LT(weft::now() - start, 3001ms);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(RateLimiter, CallsAtItsRate) {
  expect_trace(R"(
0 1
1000 2
)",
               []() -> task<> {
                 rate_limiter limiter{{.rate = 1}};
                 for (int i = 1; i < 3; ++i) {
                   const int got = co_await limiter.call([&]() -> task<int> { co_return i; });
                   log(got);
                 }
               });
}

TEST(RateLimiter, TellsWhatIsThere) {
  weft::run(
      []() -> task<> {
        rate_limiter limiter{{.rate = 2, .burst = 4}};
        EXPECT_EQ(limiter.available(), 4);
        EXPECT_TRUE(limiter.idle());
        co_await limiter.acquire(3);
        EXPECT_EQ(limiter.available(), 1);
        EXPECT_FALSE(limiter.idle());
        EXPECT_EQ(limiter.delay(), 0s);
        co_await limiter.acquire();
        EXPECT_EQ(limiter.delay(), 500ms);
        co_await limiter.acquire(2);
        EXPECT_EQ(weft::now().time_since_epoch(), 1s);
        const weft::rate_statistics s = limiter.statistics();
        EXPECT_EQ(s.acquired, 3U);
        EXPECT_EQ(s.waited, 1U);
        co_await weft::sleep(2s);
        EXPECT_TRUE(limiter.idle());
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(RateLimiter, WorksOutsideOfALoop) {
  rate_limiter limiter{{.rate = 0.001, .burst = 2}};
  EXPECT_TRUE(limiter.try_acquire());
  EXPECT_TRUE(limiter.try_acquire());
  EXPECT_FALSE(limiter.try_acquire());
}

TEST(RateLimiter, RefusesWhatMakesNoSense) {
  EXPECT_THROW(rate_limiter{{.rate = 0}}, std::invalid_argument);
  EXPECT_THROW(rate_limiter{{.rate = -1}}, std::invalid_argument);
  EXPECT_THROW(rate_limiter{{.rate = std::numeric_limits<double>::infinity()}}, std::invalid_argument);
  EXPECT_THROW((rate_limiter{{.rate = 1, .per = 0s}}), std::invalid_argument);
  EXPECT_THROW((rate_limiter{{.rate = 1, .burst = 0}}), std::invalid_argument);
  EXPECT_THROW((rate_limiter{{.rate = 1e-12}}), std::invalid_argument);
  rate_limiter limiter{{.burst = 2}};
  EXPECT_THROW((void)limiter.acquire(3), std::invalid_argument);
  EXPECT_THROW((void)limiter.acquire(0), std::invalid_argument);
  EXPECT_THROW((void)limiter.try_acquire(-1), std::invalid_argument);
  EXPECT_THROW(limiter.set_limit({.rate = 0}), std::invalid_argument);
  EXPECT_TRUE(limiter.try_acquire(2));
}

TEST(RateLimiter, AStopLosesNoTokens) {
  stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    rate_limiter limiter{{.rate = 1000}};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      for (int i = 0; i < 3; ++i) {
        tg.create_task([&]() -> task<> {
          const stop_injection::ledger::item here{kept};
          co_await limiter.acquire();
        });
      }
      co_return;
    });
  });
}
