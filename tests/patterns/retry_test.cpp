#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <system_error>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::jitter;
using weft::task;

/// Fails so many times, and logs each attempt.
struct flaky {
  int failures_left;
  task<std::string> operator()() {
    log("attempt");
    co_await sleep(1);
    if (failures_left-- > 0) throw value_error{"reset"};
    co_return "payload";
  }
};

/// Python's ValueError is a runtime_error here, so it is tried again.
template <class F>
task<> log_outcome(F work) {
  std::string text;
  try {
    text = co_await work();
  } catch (...) {
    text = "raises " + show_current();
  }
  log(text);
}

class too_many_requests : public std::runtime_error, public weft::retry_hint {
 public:
  explicit too_many_requests(weft::clock::duration after) : std::runtime_error{"429"}, after_{after} {}
  weft::clock::duration retry_after() const noexcept override { return after_; }

 private:
  weft::clock::duration after_;
};

}  // namespace

TEST(Retry, WaitsExponentiallyLonger) {
  expect_trace(R"(
0 attempt
101 attempt
302 attempt
703 attempt
1104 attempt
1105 payload
)",
               [] {
                 return log_outcome([]() -> task<std::string> {
                   co_return co_await weft::retry({.max_attempts = 9, .max_delay = 400ms, .jitter = jitter::none},
                                                  flaky{4});
                 });
               });
}

TEST(Retry, TheLastErrorComesOut) {
  expect_trace(R"(
0 attempt
101 attempt
302 attempt
303 raises ValueError(reset)
)",
               [] {
                 return log_outcome(
                     []() -> task<std::string> { co_return co_await weft::retry({.jitter = jitter::none}, flaky{9}); });
               });
}

TEST(Retry, StopsAnAttemptThatTakesTooLong) {
  expect_trace(R"(
0 attempt
10 stopped
20 attempt
30 stopped
30 raises TimeoutError
)",
               [] {
                 return log_outcome([]() -> task<std::string> {
                   co_return co_await weft::retry(
                       {.max_attempts = 2, .base_delay = 10ms, .jitter = jitter::none, .attempt_timeout = 10ms},
                       []() -> task<std::string> {
                         log("attempt");
                         const log_at_stop stopped{"stopped"};
                         co_await sleep(1000);
                         co_return "late";
                       });
                 });
               });
}

TEST(Retry, TheTotalTimeEndsAnAttemptAndDelaysThatWouldNotEndInTime) {
  expect_trace(R"(
0 attempt
101 attempt
102 raises ValueError(reset)
102 attempt
152 raises TimeoutError
)",
               []() -> task<> {
                 co_await log_outcome([]() -> task<std::string> {
                   co_return co_await weft::retry({.max_attempts = 9, .jitter = jitter::none, .total_timeout = 300ms},
                                                  flaky{9});
                 });
                 co_await log_outcome([]() -> task<std::string> {
                   co_return co_await weft::retry({.total_timeout = 50ms}, []() -> task<std::string> {
                     log("attempt");
                     co_await sleep(1000);
                     co_return "late";
                   });
                 });
               });
}

TEST(Retry, OnlyWhatIsWorthIt) {
  EXPECT_TRUE(weft::retry_transient(std::make_exception_ptr(std::system_error{})));
  EXPECT_TRUE(weft::retry_transient(std::make_exception_ptr(weft::timeout_error{})));
  EXPECT_TRUE(weft::retry_transient(std::make_exception_ptr(1)));
  EXPECT_FALSE(weft::retry_transient(std::make_exception_ptr(std::out_of_range{"index"})));
  EXPECT_FALSE(weft::retry_transient(std::make_exception_ptr(weft::cancelled_error{})));
  EXPECT_FALSE(weft::retry_transient(std::make_exception_ptr(std::bad_alloc{})));

  constexpr auto chosen = weft::retry_on<value_error, weft::timeout_error>;
  EXPECT_TRUE(chosen(std::make_exception_ptr(value_error{})));
  EXPECT_TRUE(chosen(std::make_exception_ptr(weft::timeout_error{})));
  EXPECT_FALSE(chosen(std::make_exception_ptr(key_error{})));

  constexpr auto when =
      weft::retry_when<std::system_error, [](const std::system_error& e) { return e.code() == std::errc::timed_out; }>;
  EXPECT_TRUE(when(std::make_exception_ptr(std::system_error{std::make_error_code(std::errc::timed_out)})));
  EXPECT_FALSE(when(std::make_exception_ptr(std::system_error{std::make_error_code(std::errc::io_error)})));
  EXPECT_FALSE(when(std::make_exception_ptr(value_error{})));
}

TEST(Retry, OtherErrorsComeOutAtOnce) {
  expect_trace(R"(
0 attempt
1 raises ValueError(reset)
)",
               [] {
                 return log_outcome([]() -> task<std::string> {
                   co_return co_await weft::retry({.retry_if = weft::retry_on<key_error>}, flaky{9});
                 });
               });
}

TEST(Retry, WaitsAsLongAsTheServerSays) {
  expect_trace(R"(
0 attempt 1
5000 attempt 2
5100 attempt 3
5100 raises exception(429)
)",
               [] {
                 return log_outcome([]() -> task<std::string> {
                   int attempt = 0;
                   co_return co_await weft::retry({.max_attempts = 9, .base_delay = 50ms, .jitter = jitter::none},
                                                  [&]() -> task<std::string> {
                                                    log("attempt ", ++attempt);
                                                    // Shorter than the delay, and too long to be waited for.
                                                    constexpr weft::clock::duration after[] = {5s, 1ms, 1h};
                                                    throw too_many_requests{after[attempt - 1]};
                                                    co_return "";
                                                  });
                 });
               });
}

TEST(Retry, TheHookMayReadOtherErrors) {
  expect_trace(
      R"(
0 attempt
3001 attempt
3002 payload
)",
      [] {
        return log_outcome([]() -> task<std::string> {
          co_return co_await weft::retry(
              {.retry_after = [](const std::exception_ptr&) { return std::optional<weft::clock::duration>{3s}; }},
              flaky{1});
        });
      });
}

TEST(Retry, ACallableThatThrowsHasFailedLikeItsTask) {
  expect_trace(R"(
0 called
100 called
100 payload
)",
               []() -> task<> {
                 co_await log_outcome([]() -> task<std::string> {
                   int calls = 0;
                   co_return co_await weft::retry({.jitter = jitter::none}, [&]() -> task<std::string> {
                     log("called");
                     if (++calls == 1) throw value_error{};
                     return []() -> task<std::string> { co_return "payload"; }();
                   });
                 });
               });
}

TEST(Retry, CallsAreCountedAndMayBeLogged) {
  expect_trace(R"(
0 attempt
1 attempt 1: ValueError(reset), again in 100 ms
101 attempt
102 payload
)",
               [] {
                 return log_outcome([]() -> task<std::string> {
                   auto report = [prefix = std::string{"attempt "}](const weft::retry_event& e) {
                     log(prefix, e.attempt, ": ", e.error, ", again in ", e.delay / 1ms, " ms");
                   };
                   co_return co_await weft::retry({.jitter = jitter::none, .on_retry = report}, flaky{1});
                 });
               });
}

TEST(Retry, RefusedValuesAreTriedAgainToo) {
  expect_trace(R"(
100 2
200 2
1200 2
)",
               []() -> task<> {
                 int n = 0;
                 auto count = [&]() -> task<int> { co_return ++n; };
                 int got = co_await weft::retry({.jitter = jitter::none}, count, [](int v) { return v < 2; });
                 log(got);
                 n = 0;
                 // The last value is given when the attempts are used up.
                 got =
                     co_await weft::retry({.max_attempts = 2, .jitter = jitter::none}, count, [](int) { return true; });
                 log(got);
                 n = 0;
                 got = co_await weft::retry(
                     {}, count, [](int v) { return v < 2 ? std::optional<weft::clock::duration>{1s} : std::nullopt; });
                 log(got);
               });
}

TEST(Retry, ABudgetIsSharedBetweenCalls) {
  weft::run(
      []() -> task<> {
        weft::retry_budget budget{{.per_call = 0.5, .per_second = 0, .reserve = 2}};
        int attempts = 0;
        auto fails = [&]() -> task<> {
          ++attempts;
          throw value_error{};
          co_return;
        };
        for (int call = 0; call < 4; ++call) {
          try {
            co_await weft::retry({.max_attempts = 3, .budget = &budget}, fails);
          } catch (const value_error&) {
          }
        }
        // Two retries at first, one more for the two calls after the first two.
        EXPECT_EQ(attempts, 4 + 2 + 1);
        EXPECT_EQ(budget.refused(), 3U);
        EXPECT_LT(budget.available(), 1);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Retry, ABudgetGrowsWithTime) {
  weft::run(
      []() -> task<> {
        weft::retry_budget budget{{.per_call = 0, .per_second = 2, .reserve = 3}};
        while (budget.spend()) {
        }
        EXPECT_EQ(budget.available(), 0);
        co_await weft::sleep(1s);
        EXPECT_DOUBLE_EQ(budget.available(), 2);
        co_await weft::sleep(1h);
        EXPECT_DOUBLE_EQ(budget.available(), 3);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Retry, RefusesWhatMakesNoSense) {
  const auto work = []() -> task<> { co_return; };
  EXPECT_THROW((void)weft::retry({.max_attempts = 0}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retry({.base_delay = -1ms}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retry({.multiplier = 0.5}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retry({.max_delay = -1ms}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retry({.attempt_timeout = 0ms}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retry({.total_timeout = -1ms}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::retrying({.max_attempts = -1}, work), std::invalid_argument);
  EXPECT_THROW(weft::retry_budget{{.reserve = 0}}, std::invalid_argument);
  EXPECT_THROW(weft::retry_budget{{.per_call = -1}}, std::invalid_argument);
}

TEST(Retry, MakesAFunctionWithRetries) {
  expect_trace(R"(
101 a b 2
101 7
)",
               []() -> task<> {
                 int calls = 0;
                 auto join = weft::retrying({.jitter = jitter::none},
                                            [&](const std::string& a, std::string b) -> task<std::string> {
                                              ++calls;
                                              co_await weft::checkpoint();
                                              if (calls == 1) {
                                                b.clear();  // its copy, not that of the next attempt
                                                co_await sleep(1);
                                                throw value_error{};
                                              }
                                              co_return a + " " + b + " " + std::to_string(calls);
                                            });
                 log(co_await join("a", "b"));
                 int counted = 0;
                 auto count = weft::retrying({}, [](int& n) -> task<> {
                   n = 7;
                   co_return;
                 });
                 co_await count(std::ref(counted));
                 log(counted);
               });
}

TEST(Retry, AStopEndsAttemptAndDelay) {
  const auto ends = stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    int calls = 0;
    int got = 0;
    got = co_await weft::retry({.base_delay = 2ms, .jitter = jitter::none, .attempt_timeout = 3ms}, [&]() -> task<int> {
      const stop_injection::ledger::item here{kept};
      if (++calls == 1) co_await sleep(5);
      co_await sleep(1);
      if (calls < 3) throw value_error{};
      co_return calls;
    });
    EXPECT_EQ(got, 3);
  });
  EXPECT_EQ(ends.failed, 0U);
}
