#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

TEST(Loop, CallsSoonInOrderAndNeverAtOnce) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto loop = weft::this_loop();
        loop.call_soon([&] {
          trace += "a";
          loop.call_soon([&] { trace += "d"; });  // in the next round
        });
        loop.call_soon([&] { trace += "b"; });
        loop.call_soon([&] { trace += "c"; });
        EXPECT_EQ(trace, "");
        co_await weft::checkpoint();
        EXPECT_EQ(trace, "abc");
        co_await weft::checkpoint();
        EXPECT_EQ(trace, "abcd");
      },
      simulated);
}

TEST(Loop, FiresTimersByDeadlineAndEqualOnesInTheOrderOfArming) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto loop = weft::this_loop();
        const weft::time_point start = weft::now();
        loop.call_later(30ms, [&] { trace += "e"; });
        loop.call_later(10ms, [&] { trace += "a"; });
        loop.call_at(start + 20ms, [&] { trace += "b"; });
        loop.call_later(20ms, [&] { trace += "c"; });
        loop.call_at(start + 20ms, [&] { trace += "d"; });
        co_await weft::sleep(30ms);
        EXPECT_EQ(trace, "abcde");
        EXPECT_EQ(weft::now() - start, 30ms);
      },
      simulated);
}

TEST(Loop, CallsLaterWithoutADelayBehindWhatIsReady) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto loop = weft::this_loop();
        loop.call_later(-1s, [&] { trace += "c"; });
        loop.call_later(0s, [&] { trace += "d"; });
        loop.call_soon([&] { trace += "a"; });
        loop.call_soon([&] { trace += "b"; });
        EXPECT_EQ(trace, "");
        co_await weft::sleep(1ms);
        EXPECT_EQ(trace, "abcd");
      },
      simulated);
}

TEST(Loop, DoesNotCallWhatWasCancelled) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto held = std::make_shared<int>(0);
        auto loop = weft::this_loop();
        auto later = loop.call_later(1ms, [&, held] { trace += "later"; });
        EXPECT_EQ(later.when() - weft::now(), 1ms);
        later.cancel();
        later.cancel();
        EXPECT_TRUE(later.cancelled());
        EXPECT_EQ(held.use_count(), 1);  // the function is gone, though there is a handle

        weft::callback_handle second;
        loop.call_soon([&] { second.cancel(); });
        second = loop.call_soon([&] { trace += "soon"; });
        auto dropped = loop.call_soon([&] { trace += "kept"; });
        dropped = {};  // does not cancel
        co_await weft::sleep(2ms);
        EXPECT_EQ(trace, "kept");
        EXPECT_TRUE(second.cancelled());

        auto ran = loop.call_soon([] {});
        co_await weft::checkpoint();
        ran.cancel();
        weft::callback_handle{}.cancel();
      },
      simulated);
}

TEST(Loop, DropsAtItsEndWhatItHasNotCalled) {
  auto held = std::make_shared<int>(0);
  weft::run(
      [&]() -> weft::task<> {
        weft::this_loop().call_later(1h, [held] { ++*held; });
        co_return;
      },
      simulated);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(*held, 0);
}

/// Calls that hold their own handles, and thus themselves.
TEST(Loop, DropsAtItsEndWhatHoldsItself) {
  for (const auto delay : {1h, std::chrono::hours::max()}) {
    auto held = std::make_shared<int>();
    weft::run(
        [&]() -> weft::task<> {
          auto own = std::make_shared<weft::callback_handle>();
          *own = weft::this_loop().call_later(delay, [held, own] {});
          co_return;
        },
        simulated);
    EXPECT_EQ(held.use_count(), 1);
  }
}

TEST(Loop, ACallThatHoldsItselfCanBeCancelledThroughThat) {
  auto held = std::make_shared<int>();
  weft::run(
      [&]() -> weft::task<> {
        const auto loop = weft::this_loop();
        for (const bool soon : {false, true}) {
          auto own = std::make_shared<weft::callback_handle>();
          weft::callback_handle* const inside = own.get();
          auto function = [held, own] { ++*held; };
          *inside = soon ? loop.call_soon(std::move(function)) : loop.call_later(1h, std::move(function));
          own.reset();
          inside->cancel();
        }
        co_await weft::checkpoint();
      },
      simulated);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(*held, 0);
}

TEST(Loop, ATaskThatWaitsForItselfGoesWithTheLoop) {
  for (const auto clock : {weft::clock_mode::simulated, weft::clock_mode::real}) {
    auto held = std::make_shared<int>();
    const auto wait = [](std::shared_ptr<int> kept) -> weft::task<> {
      auto promise = std::make_shared<weft::promise<void>>();
      weft::future<void> future = promise->get_future();
      weft::this_loop().call_later(std::chrono::hours::max(),
                                   [promise, kept, self = weft::current_task()] { promise->set_value(); });
      co_await future;
    };
    weft::run(
        [&]() -> weft::task<> {
          weft::create_task(wait(held));
          co_await weft::checkpoint();
          co_await weft::checkpoint();
        },
        {.clock = clock});
    EXPECT_EQ(held.use_count(), 1);
  }
}

TEST(Loop, ReportsErrorsOfCallbacksAndGoesOn) {
  weft::run(
      []() -> weft::task<> {
        std::string reported;
        auto loop = weft::this_loop();
        loop.set_exception_handler([&](const weft::exception_context& context) {
          reported += weft::what(context.exception) + "; ";
          EXPECT_STREQ(context.message, "Exception in callback");
        });
        loop.call_soon([] { throw std::runtime_error{"first"}; });
        loop.call_later(1ms, [] { throw std::runtime_error{"second"}; });
        bool called = false;
        loop.call_later(1ms, [&] { called = true; });
        co_await weft::sleep(1ms);
        EXPECT_EQ(reported, "first; second; ");
        EXPECT_TRUE(called);
      },
      simulated);
}

TEST(Loop, SurvivesAnExceptionHandlerThatThrows) {
  testing::internal::CaptureStderr();
  weft::run(
      []() -> weft::task<> {
        auto loop = weft::this_loop();
        loop.set_exception_handler([](const weft::exception_context&) { throw std::runtime_error{"handler"}; });
        loop.call_soon([] { throw std::runtime_error{"callback"}; });
        co_await weft::checkpoint();
        loop.set_exception_handler({});
        loop.call_soon([] { throw std::runtime_error{"default"}; });
        co_await weft::checkpoint();
      },
      simulated);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "weft: Exception in callback: callback\n"
            "weft: the exception handler itself failed: handler\n"
            "weft: Exception in callback: default\n");
}

TEST(Loop, OnTheRealClockFiresTimersAlsoWhenItIsNeverIdle) {
  int turns = 0;
  weft::run([&]() -> weft::task<> {
    bool fired = false;
    weft::this_loop().call_later(1ms, [&] { fired = true; });
    while (!fired) {
      ++turns;
      co_await weft::checkpoint();
    }
  });
  EXPECT_GT(turns, 0);
}

TEST(Loop, KeepsAnAwaitedTaskWhoseLastHandleIsDropped) {
  const int got = weft::run(
      []() -> weft::task<int> {
        auto handle = std::make_unique<weft::task_handle<int>>(weft::create_task([]() -> weft::task<int> {
          co_await weft::sleep(1ms);
          co_return 7;
        }));
        weft::this_loop().call_soon([&] { handle.reset(); });
        const weft::task_handle<int>& awaited = *handle;
        const int value = co_await awaited;
        co_return value;
      },
      {.clock = weft::clock_mode::simulated});
  EXPECT_EQ(got, 7);
}

TEST(Loop, TakesMoveOnlyFunctions) {
  weft::run(
      []() -> weft::task<> {
        int got = 0;
        weft::this_loop().call_soon([&, box = std::make_unique<int>(3)] { got = *box; });
        co_await weft::checkpoint();
        EXPECT_EQ(got, 3);
      },
      simulated);
}

TEST(Loop, IsNamedByHandlesOnlyWhileItRuns) {
  EXPECT_THROW((void)weft::this_loop(), std::logic_error);
  std::optional<weft::loop_handle> kept;
  weft::run(
      [&]() -> weft::task<> {
        kept = weft::this_loop();
        EXPECT_EQ(*kept, weft::this_loop());
        co_return;
      },
      simulated);
  EXPECT_THROW(kept->call_soon([] {}), weft::loop_closed_error);
  EXPECT_THROW(kept->call_later(1s, [] {}), weft::loop_closed_error);
  EXPECT_THROW(kept->call_soon_threadsafe([] {}), weft::loop_closed_error);
  EXPECT_THROW((void)kept->run_coroutine_threadsafe(weft::sleep(1s)), weft::loop_closed_error);
}

TEST(Sleep, ZeroLetsEverythingRunThatIsReady) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        weft::this_loop().call_soon([&] { trace += "a"; });
        co_await weft::sleep(0ms);
        EXPECT_EQ(trace, "a");
        weft::this_loop().call_soon([&] { trace += "b"; });
        co_await weft::sleep(-1s);
        EXPECT_EQ(trace, "ab");
        EXPECT_EQ(weft::now().time_since_epoch(), 0s);
      },
      simulated);
}

TEST(Sleep, TakesAnyDuration) {
  weft::run(
      []() -> weft::task<> {
        co_await weft::sleep(std::chrono::duration<double>{0.25});
        EXPECT_EQ(weft::now().time_since_epoch(), 250ms);
        co_await weft::sleep_until(weft::time_point{1s});
        EXPECT_EQ(weft::now().time_since_epoch(), 1s);
        co_await weft::sleep_until(weft::time_point{500ms});  // has passed
        EXPECT_EQ(weft::now().time_since_epoch(), 1s);
        EXPECT_THROW((void)weft::sleep(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}),
                     std::invalid_argument);
        co_await weft::sleep(24h * 365 * 100);
        auto forever = weft::create_task(weft::sleep(std::chrono::hours::max()));
        co_await weft::sleep(1h);
        EXPECT_FALSE(forever.done());
      },
      simulated);
}

TEST(Sleep, OnTheRealClockTakesItsTime) {
  const auto start = std::chrono::steady_clock::now();
  weft::run([]() -> weft::task<> { co_await weft::sleep(5ms); });
  EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
}

TEST(ThreadLoop, WakesUpForCallsOfOtherThreadsAndKeepsTheirOrder) {
  std::vector<int> got;
  weft::run([&]() -> weft::task<> {
    weft::promise<> done;
    auto finished = done.get_future();
    std::jthread other{[&, loop = weft::this_loop()] {
      for (int i = 0; i < 1000; ++i) loop.call_soon_threadsafe([&got, i] { got.push_back(i); });
      loop.call_soon_threadsafe([&] { done.set_value(); });
    }};
    co_await finished;
  });
  ASSERT_EQ(got.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(got.at(static_cast<std::size_t>(i)), i);
}

TEST(ThreadLoop, RunsCoroutinesForOtherThreads) {
  weft::run([]() -> weft::task<> {
    std::promise<void> ended;
    std::string error;
    int value = 0;
    std::jthread other{[&, loop = weft::this_loop()] {
      value = loop.run_coroutine_threadsafe([]() -> weft::task<int> {
                    co_await weft::sleep(1ms);
                    co_return 7;
                  })
                  .get();
      try {
        loop.run_coroutine_threadsafe([]() -> weft::task<> {
              throw std::runtime_error{"failed"};
              co_return;
            })
            .get();
      } catch (const std::runtime_error& e) {
        error = e.what();
      }
      ended.set_value();
    }};
    auto done = ended.get_future();
    while (done.wait_for(0s) != std::future_status::ready) co_await weft::sleep(1ms);
    EXPECT_EQ(value, 7);
    EXPECT_EQ(error, "failed");
  });
}

TEST(ThreadLoop, SeesADeadlockWhenItsLastHandleGoes) {
  std::thread other;
  const auto stuck = [&]() -> weft::task<> {
    other = std::thread{[handle = weft::this_loop()]() mutable {
      std::this_thread::sleep_for(20ms);  // the loop waits by then; if it does not yet, it finds no handle
      const weft::loop_handle last = std::move(handle);
    }};
    weft::event never;
    co_await never.wait();
  };
  EXPECT_THROW(weft::run(stuck, simulated), weft::deadlock_error);
  other.join();
}

TEST(ThreadLoop, FailsFuturesThatItOwesWhenItEnds) {
  std::future<void> owed;
  weft::run([&]() -> weft::task<> {
    owed = weft::this_loop().run_coroutine_threadsafe(weft::sleep(1h));
    co_await weft::sleep(1ms);
  });
  EXPECT_THROW(owed.get(), weft::cancelled_error);
}

TEST(ThreadLoop, RunsOnePerThread) {
  std::atomic<int> sum{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 4; ++i) {
      threads.emplace_back([&sum, i] {
        sum += weft::run(
            [i]() -> weft::task<int> {
              co_await weft::sleep(1s);
              co_return i;
            },
            simulated);
      });
    }
  }
  EXPECT_EQ(sum, 10);
}

TEST(ThreadLoop, StartsATaskThatAnotherThreadMade) {
  weft::task<int> made;
  std::jthread{[&] {
    made = []() -> weft::task<int> {
      co_await weft::checkpoint();
      co_return 9;
    }();
  }}.join();
  EXPECT_EQ(weft::run(std::move(made), simulated), 9);
}

}  // namespace
