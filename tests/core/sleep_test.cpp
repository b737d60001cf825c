#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

template <class F>
auto run_simulated(F body) {
  return weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

auto elapsed() { return weft::now().time_since_epoch(); }

}  // namespace

TEST(Sleep, TakesDurationsOfEveryKind) {
  run_simulated([]() -> weft::task<> {
    co_await weft::sleep(1500us);
    EXPECT_EQ(elapsed(), 1500us);
    co_await weft::sleep(std::chrono::duration<double>{0.25});
    EXPECT_EQ(elapsed(), 251500us);
    co_await weft::sleep(1h);
    EXPECT_EQ(elapsed(), 1h + 251500us);
    co_await weft::sleep(std::chrono::duration<float, std::milli>{0.5F});
    EXPECT_EQ(elapsed(), 1h + 252ms);
  });
}

TEST(Sleep, ZeroAndLessLetOthersRun) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    for (const auto d : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
      auto other = weft::create_task([&]() -> weft::task<> {
        trace += "other ";
        co_return;
      });
      trace += "before ";
      co_await weft::sleep(d);
      trace += "after ";
      co_await other;
    }
    EXPECT_EQ(elapsed(), 0ns);
  });
  EXPECT_EQ(trace, "before other after before other after before other after ");
}

TEST(Sleep, UntilAPointInTime) {
  run_simulated([]() -> weft::task<> {
    co_await weft::sleep_until(weft::now() + 30ms);
    EXPECT_EQ(elapsed(), 30ms);
    co_await weft::sleep_until(weft::now() - 10ms);
    EXPECT_EQ(elapsed(), 30ms);
  });
}

TEST(Sleep, RefusesWhatIsNotANumber) {
  run_simulated([]() -> weft::task<> {
    const std::chrono::duration<double> nan{std::numeric_limits<double>::quiet_NaN()};
    EXPECT_THROW((void)weft::sleep(nan), std::invalid_argument);
    EXPECT_THROW((void)weft::timeout(nan), std::invalid_argument);
    EXPECT_THROW((void)weft::wait_for(weft::sleep(1s), nan), std::invalid_argument);
    co_return;
  });
}

TEST(Sleep, HugeDurationsNeverEnd) {
  run_simulated([]() -> weft::task<> {
    auto a = weft::create_task(weft::sleep(std::chrono::hours::max()));
    auto b = weft::create_task(weft::sleep(std::chrono::duration<double>{1e300}));
    auto c = weft::create_task(weft::sleep(std::chrono::nanoseconds::max()));
    auto d = weft::create_task(weft::sleep_until(weft::time_point::max()));
    auto e = weft::create_task(weft::sleep(std::chrono::duration<double>{std::numeric_limits<double>::infinity()}));
    co_await weft::sleep(24h * 365 * 100);
    EXPECT_FALSE(a.done() || b.done() || c.done() || d.done() || e.done());
    // What is so far away that it cannot be told from never does not count as something that will happen.
  });
  EXPECT_THROW(run_simulated([]() -> weft::task<> { co_await weft::sleep(std::chrono::hours::max()); }),
               weft::deadlock_error);
}

TEST(Sleep, ImmenselyNegativeDurationsAreOver) {
  run_simulated([]() -> weft::task<> {
    co_await weft::sleep(std::chrono::duration<double>{-1e300});
    co_await weft::sleep(std::chrono::hours::min());
    co_await weft::sleep_until(weft::time_point::min());
    EXPECT_EQ(elapsed(), 0ns);
  });
}

TEST(Sleep, EndsAtOnceWhenStopped) {
  run_simulated([]() -> weft::task<> {
    auto sleeper = weft::create_task(weft::sleep(1h));
    co_await weft::sleep(5ms);
    EXPECT_TRUE(sleeper.cancel());
    co_await weft::checkpoint();
    EXPECT_TRUE(sleeper.cancelled());
    EXPECT_EQ(elapsed(), 5ms);
  });
}

TEST(Sleep, AStopWinsOverATimerThatHasFired) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    weft::task_handle<void> sleeper;
    auto canceller = weft::create_task([&]() -> weft::task<> {
      co_await weft::sleep(10ms);
      sleeper.cancel();
    });
    sleeper = weft::create_task([&]() -> weft::task<> {
      co_await weft::sleep(10ms);
      trace += "unreachable";
    });
    co_await weft::sleep(20ms);
    EXPECT_TRUE(sleeper.cancelled());
  });
  EXPECT_EQ(trace, "");
}

TEST(Sleep, EqualDeadlinesEndInTheOrderOfTheCalls) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    for (int i = 0; i < 20; ++i) {
      weft::create_task([](std::string& out, int n) -> weft::task<> {
        co_await weft::sleep(7ms);
        out += static_cast<char>('a' + n);
      }(trace, i));
    }
    co_await weft::sleep(10ms);
  });
  EXPECT_EQ(trace, "abcdefghijklmnopqrst");
}

TEST(Checkpoint, NoticesAStop) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto work = weft::create_task([&]() -> weft::task<> {
      weft::current_task().cancel();
      trace += "goes on, ";
      co_await weft::checkpoint();
      trace += "unreachable";
    });
    co_await weft::sleep(1ms);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(trace, "goes on, ");
}
