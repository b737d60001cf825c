#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;
using weft::task;

TEST(Pipeline, PutsPoliciesAroundEachOther) {
  expect_trace(R"(
0 attempt 1
50 attempt 2
150 attempt 3
160 got 3
)",
               []() -> task<> {
                 weft::circuit_breaker breaker{{.max_failures = 5}};
                 weft::rate_limiter limiter{{.rate = 10}};
                 weft::bulkhead part;
                 int calls = 0;
                 auto fetch = [&]() -> task<int> {
                   const int n = ++calls;
                   log("attempt ", n);
                   if (n == 1) throw value_error{};
                   co_await sleep(n == 2 ? 1000 : 10);
                   co_return n;
                 };
                 const auto policies =
                     weft::pipeline(weft::retries({.base_delay = 50ms, .multiplier = 1, .jitter = weft::jitter::none}),
                                    breaker, part, weft::time_limit(50ms));
                 const int got = co_await policies.call(fetch);
                 log("got ", got);
                 EXPECT_EQ(breaker.statistics().failed, 2U);
                 EXPECT_EQ(breaker.statistics().succeeded, 1U);
                 EXPECT_EQ(part.statistics().admitted, 3U);
                 EXPECT_TRUE(limiter.idle());
               });
}

TEST(Pipeline, EachAttemptWaitsForItsTurn) {
  expect_trace(R"(
0 attempt
1000 attempt
1000 done
)",
               []() -> task<> {
                 weft::rate_limiter limiter{{.rate = 1}};
                 int calls = 0;
                 auto work = [&]() -> task<> {
                   log("attempt");
                   if (++calls == 1) throw value_error{};
                   co_return;
                 };
                 co_await weft::pipeline(weft::retries({.base_delay = 1ms}), limiter).call(work);
                 log("done");
               });
}

TEST(Pipeline, AnOpenCircuitEndsTheRetries) {
  weft::run(
      []() -> task<> {
        weft::circuit_breaker breaker{{.max_failures = 2}};
        int calls = 0;
        auto fails = [&]() -> task<> {
          ++calls;
          throw value_error{};
          co_return;
        };
        bool open = false;
        try {
          co_await weft::pipeline(weft::retries({.max_attempts = 9}), breaker).call(fails);
        } catch (const weft::circuit_open_error&) {
          open = true;
        }
        EXPECT_TRUE(open);
        EXPECT_EQ(calls, 2);
        // Unless one wants to wait for it: the error says how long.
        auto works = [&]() -> task<int> { co_return 1; };
        const auto patient = weft::pipeline(weft::retries({.base_delay = 0ms, .retry_if = weft::retry_any}), breaker);
        const int got = co_await patient.call(works);
        EXPECT_EQ(got, 1);
        EXPECT_GE(weft::now().time_since_epoch(), 30s);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Pipeline, MakesAFunction) {
  expect_trace(R"(
50 b: a and 7
51 hedged
)",
               []() -> task<> {
                 int calls = 0;
                 auto fetch = [&calls](const std::string& what, int n) -> task<std::string> {
                   if (++calls == 1) co_await sleep(1000);
                   co_return "b: " + what + " and " + std::to_string(n);
                 };
                 weft::task_handle<std::string> running;
                 {
                   // The task owns what it needs.
                   auto safely = weft::pipeline(weft::retries({.base_delay = 0ms}), weft::time_limit(50ms)).wrap(fetch);
                   running = weft::create_task(safely("a", 7));
                 }
                 const std::string got = co_await running;
                 log(got);
                 auto slow = [n = std::make_shared<int>(0)]() -> task<> {
                   if (++*n == 1) co_await sleep(1000);
                 };
                 co_await weft::pipeline(weft::hedging({.delay = 1ms})).call(slow);
                 log("hedged");
               });
}

TEST(Pipeline, RefusesWhatMakesNoSense) {
  EXPECT_THROW(weft::retries({.max_attempts = 0}), std::invalid_argument);
  EXPECT_THROW(weft::hedging({.max_attempts = 0}), std::invalid_argument);
  EXPECT_THROW(weft::time_limit(0s), std::invalid_argument);
}

TEST(Pipeline, AStopLeaksNothing) {
  const auto ends = stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    weft::circuit_breaker breaker{{.max_failures = 5}};
    weft::rate_limiter limiter{{.rate = 1000}};
    weft::bulkhead part{{.max_running = 1}};
    int calls = 0;
    auto work = [&]() -> task<> {
      const stop_injection::ledger::item here{kept};
      co_await sleep(1);
      if (++calls < 3) throw value_error{};
    };
    co_await weft::pipeline(weft::retries({.base_delay = 1ms, .jitter = weft::jitter::none}), breaker, limiter, part,
                            weft::hedging({.delay = 5ms}), weft::time_limit(3ms))
        .call(work);
    EXPECT_TRUE(part.idle());
  });
  EXPECT_EQ(ends.failed, 0);
}
