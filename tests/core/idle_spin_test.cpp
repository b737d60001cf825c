#include "core/idle_spin.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <weft/weft.hpp>

#include "core/loop.hpp"
#include "support/environment_variable.hpp"

using namespace std::chrono_literals;

namespace {

using weft::detail::idle_spin;
using weft::testing::environment_variable;

constexpr std::int64_t most = 50'000;

TEST(IdleSpin, LooksForNothingUnlessAskedTo) {
  idle_spin spin{0};
  EXPECT_FALSE(spin.wanted());
  for (int i = 0; i < 10; ++i) spin.slept(most / 2);
  EXPECT_EQ(spin.budget(), 0);
}

TEST(IdleSpin, BeginsAfterAWaitThatWasShort) {
  idle_spin spin{most};
  EXPECT_EQ(spin.budget(), 0);
  spin.slept(most + 1);
  EXPECT_EQ(spin.budget(), 0);
  spin.slept(most);
  EXPECT_EQ(spin.budget(), most);
}

TEST(IdleSpin, GoesOnWhileItFindsSomething) {
  idle_spin spin{most};
  spin.slept(most / 2);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(spin.budget(), most);
    spin.found_something();
  }
  EXPECT_EQ(spin.found(), 100u);
}

TEST(IdleSpin, NeverBeginsWhereAllWaitsAreLong) {
  idle_spin spin{most};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(spin.budget(), 0);
    spin.slept(1'000'000);
  }
}

TEST(IdleSpin, LearnsNothingFromWhatWasThereAlready) {
  idle_spin spin{most};
  for (int i = 0; i < 100; ++i) spin.slept(10);
  EXPECT_EQ(spin.budget(), 0);
  spin.slept(most / 2);
  spin.slept(10);
  EXPECT_EQ(spin.budget(), most);
}

/// How often it has looked in vain, if all waits are short but for those in which it looks.
std::uint64_t misses(idle_spin& spin, int waits) {
  const std::uint64_t before = spin.missed();
  for (int i = 0; i < waits; ++i) {
    if (spin.budget() > 0) {
      spin.found_nothing();
    } else {
      spin.slept(most / 2);
    }
  }
  return spin.missed() - before;
}

TEST(IdleSpin, LooksEverLessOftenWhereItFindsNothing) {
  idle_spin spin{most};
  EXPECT_EQ(misses(spin, 2), 1u);          // one short wait, and a look
  EXPECT_EQ(misses(spin, 3), 1u);          // two
  EXPECT_EQ(misses(spin, 5), 1u);          // four
  EXPECT_EQ(misses(spin, 1023), 7u);       // 8 to 512
  EXPECT_EQ(misses(spin, 102'500), 100u);  // one in a thousand, for ever
}

TEST(IdleSpin, IsAsReadyAsAtFirstOnceItHasFoundThingsForAWhile) {
  idle_spin spin{most};
  misses(spin, 1 + 1 + 2 + 1 + 4 + 1 + 8 + 1);  // it wants to see sixteen now
  for (int found = 0; found < 4;) {
    if (spin.budget() == 0) {
      spin.slept(most / 2);
    } else {
      spin.found_something();
      ++found;
    }
  }
  EXPECT_GT(spin.budget(), 0);
  EXPECT_EQ(misses(spin, 1 + 2 + 1), 2u);  // at once, and after two
}

TEST(IdleSpin, AStrokeOfLuckChangesLittle) {
  idle_spin spin{most};
  misses(spin, 1033);  // 1,024 short waits from now on
  while (spin.budget() == 0) spin.slept(most / 2);
  spin.found_something();
  spin.found_nothing();
  EXPECT_EQ(misses(spin, 1000), 0u);
}

TEST(IdleSpin, ALongWaitBreaksARowOfShortOnes) {
  idle_spin spin{most};
  spin.slept(most / 2);
  spin.found_nothing();
  spin.slept(most / 2);
  spin.slept(most + 1);
  spin.slept(most / 2);
  EXPECT_EQ(spin.budget(), 0);
  spin.slept(most / 2);
  EXPECT_EQ(spin.budget(), most);
}

const idle_spin& of_this_loop() { return weft::detail::loop_of(weft::detail::require_loop("the test")).spinning(); }

/// What the loop of `main` has found, and missed.
struct tally {
  std::uint64_t found = 0;
  std::uint64_t missed = 0;
};

/// Another thread calls this loop twenty times, each time once it was heard.
tally calls_from_another_thread(weft::run_options options) {
  return weft::run(
      []() -> weft::task<tally> {
        int heard = 0;
        weft::event all;
        std::atomic<int> answered{0};
        std::jthread caller{[&, loop = weft::this_loop()] {
          for (int i = 0; i < 20; ++i) {
            loop.call_soon_threadsafe([&] {
              if (++heard == 20) all.set();
              answered.store(heard);
              answered.notify_one();
            });
            answered.wait(i);
          }
        }};
        co_await all.wait();
        co_return tally{of_this_loop().found(), of_this_loop().missed()};
      },
      options);
}

class IdleSpinThreads : public testing::TestWithParam<weft::backend_kind> {
 protected:
  void SetUp() override {
    try {
      weft::run([]() -> weft::task<> { co_return; }, {.backend = GetParam()});
    } catch (const std::system_error&) {
      GTEST_SKIP() << "this system refuses io_uring";
    }
  }
};

/// However much time there is for looking, calls of other threads are heard.
TEST_P(IdleSpinThreads, CallsAreHeardWhileItLooks) {
  const tally seen = calls_from_another_thread({.backend = GetParam(), .spin = 15min});
  EXPECT_EQ(seen.missed, 0u);
}

TEST_P(IdleSpinThreads, CallsAreSleptForIfNothingElseIsSaid) {
  const environment_variable none{"WEFT_SPIN", ""};
  const tally seen = calls_from_another_thread({.backend = GetParam()});
  EXPECT_EQ(seen.found + seen.missed, 0u);
}

TEST_P(IdleSpinThreads, TimersEndTheLooking) {
  const tally seen = weft::run(
      []() -> weft::task<tally> {
        for (int i = 0; i < 5; ++i) co_await weft::sleep(1ms);
        co_return tally{of_this_loop().found(), of_this_loop().missed()};
      },
      {.backend = GetParam(), .spin = 15min});
  EXPECT_GT(seen.found, 0u);
  EXPECT_EQ(seen.missed, 0u);
}

/// Waits that are longer than the limit are slept through.
TEST_P(IdleSpinThreads, AnIdleLoopSleeps) {
  const tally seen = weft::run(
      []() -> weft::task<tally> {
        for (int i = 0; i < 20; ++i) co_await weft::sleep(1ms);
        co_return tally{of_this_loop().found(), of_this_loop().missed()};
      },
      {.backend = GetParam(), .spin = 1ns});
  EXPECT_EQ(seen.found + seen.missed, 0u);
}

TEST_P(IdleSpinThreads, TheEndOfWorkOnThreadsIsHeardWhileItLooks) {
  const tally seen = weft::run(
      []() -> weft::task<tally> {
        for (int i = 0; i < 20; ++i) co_await weft::to_thread([] {});
        co_return tally{of_this_loop().found(), of_this_loop().missed()};
      },
      {.backend = GetParam(), .spin = 15min});
  EXPECT_EQ(seen.missed, 0u);
}

INSTANTIATE_TEST_SUITE_P(On, IdleSpinThreads, testing::Values(weft::backend_kind::epoll, weft::backend_kind::io_uring),
                         [](const auto& param) {
                           return param.param == weft::backend_kind::epoll ? "epoll" : "io_uring";
                         });

TEST(IdleSpin, TheEnvironmentCanAskForIt) {
  const auto wanted = [](weft::run_options options = {}) {
    return weft::run([]() -> weft::task<bool> { co_return of_this_loop().wanted(); }, options);
  };
  {
    const environment_variable spin{"WEFT_SPIN", "50"};
    EXPECT_TRUE(wanted());
  }
  for (const char* none : {"", "0"}) {
    const environment_variable spin{"WEFT_SPIN", none};
    EXPECT_FALSE(wanted());
    EXPECT_TRUE(wanted({.spin = 1us}));
  }
}

TEST(IdleSpin, LooksForAThousandSecondsAtMost) {
  const auto budget = [](std::chrono::nanoseconds asked) {
    return weft::run(
        []() -> weft::task<std::int64_t> {
          idle_spin spin = of_this_loop();
          spin.slept(1'500);
          co_return spin.budget();
        },
        {.spin = asked});
  };
  EXPECT_EQ(budget(2us), 2'000);
  EXPECT_EQ(budget(1000s), 1'000'000'000'000);
  EXPECT_EQ(budget(1001s), 1'000'000'000'000);
  EXPECT_EQ(budget(std::chrono::nanoseconds::max()), 1'000'000'000'000);
  EXPECT_EQ(budget(-1s), 0);
}

TEST(IdleSpin, TheEnvironmentMustNameMicroseconds) {
  for (const char* wrong : {"50us", "-1", "much", " 5", "1000000001", "99999999999999999999"}) {
    const environment_variable spin{"WEFT_SPIN", wrong};
    try {
      weft::run([]() -> weft::task<> { co_return; });
      ADD_FAILURE() << wrong;
    } catch (const std::invalid_argument& e) {
      EXPECT_NE(std::string{e.what()}.find(wrong), std::string::npos);
    }
  }
}

}  // namespace
