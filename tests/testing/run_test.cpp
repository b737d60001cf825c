#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::failure;
using weft::testing::run;

/// The text of the failure that a program meets; empty if there is none.
template <class F>
std::string failure_of(F&& program, weft::testing::options how = {}) {
  try {
    run(std::forward<F>(program), how);
  } catch (const failure& e) {
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(TestingRun, GivesTheValueAndTakesNoTime) {
  const int got = run([]() -> task<int> {
    co_await weft::sleep(1h);
    EXPECT_EQ(weft::now().time_since_epoch(), 1h);
    co_return 7;
  });
  EXPECT_EQ(got, 7);
}

TEST(TestingRun, LetsErrorsAndDeadlocksOut) {
  EXPECT_THROW(run([]() -> task<> {
                 co_await weft::checkpoint();
                 throw std::runtime_error{"mine"};
               }),
               std::runtime_error);
  EXPECT_THROW(run([]() -> task<> { co_await weft::event{}.wait(); }), weft::deadlock_error);
}

TEST(TestingRun, FindsTasksLeftBehind) {
  const auto program = []() -> task<> {
    weft::create_task(weft::sleep(1h), {.name = "forgotten"});
    co_await weft::sleep(1ms);
  };
  EXPECT_TRUE(contains(failure_of(program), "forgotten waits in sleep")) << failure_of(program);
  EXPECT_EQ(failure_of(program, {.may_leave_tasks = true}), "");
}

TEST(TestingRun, FindsFramesThatWereNotFreed) {
  std::optional<weft::task_handle<int>> kept;
  const auto program = [&]() -> task<> {
    kept = weft::create_task([]() -> task<int> { co_return 1; });
    co_await *kept;
  };
  EXPECT_TRUE(contains(failure_of(program), "1 coroutine frames")) << failure_of(program);
  kept.reset();
  EXPECT_EQ(failure_of(program, {.may_leave_frames = true}), "");
  kept.reset();

  // Of all sizes.
  const auto large = []() -> task<> {
    char room[3000] = {};
    co_await weft::checkpoint();
    EXPECT_EQ(room[1000], 0);
  };
  std::vector<task<>> started;
  EXPECT_NE(failure_of([&]() -> task<> {
              started.push_back(large());
              co_return;
            }),
            "");
  started.clear();
  EXPECT_EQ(failure_of([&]() -> task<> { co_await large(); }), "");
}

TEST(TestingRun, FindsErrorsThatReachNobody) {
  const auto program = []() -> task<> {
    {
      auto failing = weft::create_task([]() -> task<> {
        co_await weft::checkpoint();
        throw std::runtime_error{"unheard"};
      });
    }
    co_await weft::sleep(1ms);
  };
  EXPECT_TRUE(contains(failure_of(program), "never retrieved")) << failure_of(program);
  EXPECT_TRUE(contains(failure_of(program), "unheard"));
  EXPECT_EQ(failure_of(program, {.may_report = true}), "");
}

TEST(TestingRun, EndsAProgramThatDoesNot) {
  const auto program = []() -> task<> {
    for (;;) co_await weft::checkpoint();
  };
  EXPECT_TRUE(contains(failure_of(program, {.max_turns = 1000}), "after 1000 turns"));
}

TEST(TestingRun, TakesATaskThatWasMadeBefore) {
  const auto work = [](task<int> inner) -> task<int> { co_return co_await std::move(inner); };
  const auto one = []() -> task<int> { co_return 1; };
  EXPECT_EQ(weft::testing::run(work(one())), 1);
}

TEST(TestingRun, StopsAtAPlace) {
  std::string trace;
  const auto program = [&]() -> task<> {
    trace += "a";
    co_await weft::sleep(1ms);
    trace += "b";
    co_await weft::sleep(1ms);
    trace += "c";
  };
  run(program);
  EXPECT_EQ(trace, "abc");
  const std::vector<std::string> expected{"", "a", "a", "ab", "ab"};
  for (std::size_t i = 0; i != expected.size(); ++i) {
    trace.clear();
    EXPECT_THROW(run(program, {.stop_at = i + 1}), weft::cancelled_error);
    EXPECT_EQ(trace, expected[i]) << i;
  }
  trace.clear();
  run(program, {.stop_at = 6});
  EXPECT_EQ(trace, "abc");
}

TEST(TestingClock, AdvanceRunsAllThatIsDue) {
  run([]() -> task<> {
    std::string trace;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        for (int i = 0; i != 3; ++i) {
          co_await weft::sleep(2s);
          for (int steps = 0; steps != 5; ++steps) co_await weft::checkpoint();
          trace += "x";
        }
      });
      co_await weft::testing::advance(1s);
      EXPECT_EQ(trace, "");
      co_await weft::testing::advance(1s);
      EXPECT_EQ(trace, "x");  // sleep() would have come first
      EXPECT_EQ(weft::now().time_since_epoch(), 2s);
      co_await weft::testing::advance(10s);
      EXPECT_EQ(trace, "xxx");
      EXPECT_EQ(weft::now().time_since_epoch(), 12s);
    });
  });
}

TEST(TestingClock, SettleLetsEverybodyWait) {
  run([]() -> task<> {
    int done = 0;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&, i]() -> task<> {
          for (int steps = 0; steps != i * 10; ++steps) co_await weft::checkpoint();
          ++done;
          co_await weft::sleep(1h);
        });
      }
      co_await weft::testing::settle();
      EXPECT_EQ(done, 3);
      EXPECT_EQ(weft::now().time_since_epoch(), 0s);
      tg.cancel();
    });
  });
}

TEST(TestingClock, SeveralAdvanceAtTheSameTime) {
  run([]() -> task<> {
    std::string trace;
    const auto advance = [&](int seconds, char name) -> task<> {
      co_await weft::testing::advance(std::chrono::seconds{seconds});
      trace += name;
      EXPECT_EQ(weft::now().time_since_epoch(), std::chrono::seconds{seconds});
    };
    co_await weft::gather(advance(3, 'c'), advance(1, 'a'), advance(3, 'd'), advance(2, 'b'));
    EXPECT_EQ(trace, "abcd");
    try {
      co_await weft::wait_for(weft::testing::advance(1h), 1s);
      ADD_FAILURE() << "unreachable";
    } catch (const weft::timeout_error&) {
    }
  });
}

TEST(TestingClock, ByHandNothingElseMovesIt) {
  EXPECT_THROW(run([]() -> task<> { co_await weft::sleep(1s); }, {.clock_by_hand = true}), weft::deadlock_error);
  run(
      []() -> task<> {
        bool expired = false;
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
          tg.create_task([&]() -> task<> {
            co_await weft::sleep(10s);
            expired = true;
          });
          co_await weft::testing::advance(9s);
          EXPECT_FALSE(expired);
          co_await weft::testing::advance(1s);
          EXPECT_TRUE(expired);
        });
      },
      {.clock_by_hand = true});
}

TEST(TestingClock, AdvanceIsForProgramsUnderTest) {
  EXPECT_THROW(weft::run([]() -> task<> { co_await weft::testing::settle(); }, {.clock = weft::clock_mode::simulated}),
               std::logic_error);
}

}  // namespace
