#include <cmath>
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::task;

/// Each call takes the next of these times (negative: and fails then), and gives its number.
struct replicas {
  std::vector<int> times;
  std::size_t calls = 0;
  task<std::string> operator()() {
    const std::size_t n = calls++;
    return answer(static_cast<int>(n) + 1, times.at(n));
  }
  static task<std::string> answer(int n, int time) {
    log("begins ", n);
    const log_at_stop stopped{"stopped " + std::to_string(n)};
    co_await sleep(std::abs(time));
    if (time < 0) throw value_error{std::to_string(n)};
    co_return std::to_string(n);
  }
};

task<> ask(weft::hedge_options options, std::vector<int> times) {
  replicas all{std::move(times)};
  std::string got;
  try {
    got = co_await weft::hedge(options, std::ref(all));
  } catch (...) {
    got = show_current();
  }
  log("got ", got);
}

}  // namespace

TEST(Hedge, AFastAnswerNeedsNoSecondAttempt) {
  expect_trace(R"(
0 begins 1
50 got 1
)",
               [] { return ask({.delay = 100ms}, {50}); });
}

TEST(Hedge, TheFirstToSucceedWins) {
  expect_trace(R"(
0 begins 1
100 begins 2
150 stopped 1
150 got 2
)",
               [] { return ask({.delay = 100ms}, {1000, 50}); });
  expect_trace(R"(
0 begins 1
100 begins 2
120 stopped 2
120 got 1
)",
               [] { return ask({.delay = 100ms}, {120, 50}); });
}

TEST(Hedge, AFailureStartsTheNextAttemptAtOnce) {
  expect_trace(R"(
0 begins 1
10 begins 2
20 begins 3
50 got 3
)",
               [] { return ask({.delay = 100ms, .max_attempts = 3}, {-10, -10, 30}); });
}

TEST(Hedge, AFailureHarmsNobodyWhileOthersRun) {
  expect_trace(R"(
0 begins 1
10 begins 2
40 got 1
)",
               [] { return ask({.delay = 10ms}, {40, -10}); });
}

TEST(Hedge, IfAllFailTheLastErrorComesOut) {
  expect_trace(R"(
0 begins 1
100 begins 2
150 got ValueError(1)
)",
               [] { return ask({.delay = 100ms}, {-150, -10}); });
}

TEST(Hedge, WaitsForThoseWhoLost) {
  expect_trace(R"(
20 cleaned
20 got 7
)",
               []() -> task<> {
                 int calls = 0;
                 const int got = co_await weft::hedge({.delay = 5ms}, [&]() -> task<int> {
                   if (++calls == 2) {
                     co_await sleep(5);
                     co_return 7;
                   }
                   co_await weft::with(weft::finally([&]() -> task<> {
                                         co_await sleep(10);
                                         log("cleaned");
                                       }),
                                       []() -> task<> { co_await sleep(1000); });
                   co_return 0;
                 });
                 log("got ", got);
               });
}

TEST(Hedge, ACallableThatThrowsHasFailed) {
  weft::run(
      []() -> task<> {
        int calls = 0;
        auto broken = [&]() -> task<> {
          if (++calls == 1) throw value_error{"at once"};
          return [](int) -> task<> { co_return; }(0);
        };
        co_await weft::hedge({}, broken);
        EXPECT_EQ(calls, 2);
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Hedge, RefusesWhatMakesNoSense) {
  const auto work = []() -> task<> { co_return; };
  EXPECT_THROW((void)weft::hedge({.delay = -1ms}, work), std::invalid_argument);
  EXPECT_THROW((void)weft::hedge({.max_attempts = 0}, work), std::invalid_argument);
}

TEST(Hedge, AStopGoesToAllAttempts) {
  for (const int second : {2, -2, 20}) {
    const auto ends = stop_injection::stop_everywhere([second](stop_injection::ledger& kept) -> task<> {
      int calls = 0;
      auto attempt = [&]() -> task<int> {
        const stop_injection::ledger::item here{kept};
        const int mine = ++calls;
        co_await weft::with(stop_injection::ledger::manager{kept},
                            [&]() -> task<> { co_await sleep(mine == 1 ? 6 : std::abs(second)); });
        if (mine == 2 && second < 0) throw value_error{};
        co_return mine;
      };
      const int got = co_await weft::hedge({.delay = 2ms}, attempt);
      EXPECT_EQ(got, second == 2 ? 2 : 1);
    });
    EXPECT_EQ(ends.failed, 0);
  }
}
