#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::timeout;
using weft::timeout_scope;
using weft::with;

namespace {

template <class F>
auto run_simulated(F body) {
  return weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

auto elapsed() { return weft::now().time_since_epoch(); }

weft::task<> sleep_long() { co_await weft::sleep(1h); }

weft::task<int> after(std::chrono::milliseconds d, int value) {
  co_await weft::sleep(d);
  co_return value;
}

/// True if the task ended by its time limit.
template <class A>
weft::task<bool> times_out(A work) {
  bool timed_out = false;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const weft::timeout_error&) {
    timed_out = true;
  }
  co_return timed_out;
}

}  // namespace

// ---- timeout --------------------------------------------------------------------------------------------------------

TEST(TimeoutScope, KnowsItsDeadlineOnceItHasBegun) {
  run_simulated([]() -> weft::task<> {
    co_await weft::sleep(5ms);
    timeout_scope scope = timeout(20ms);
    EXPECT_EQ(scope.when(), std::nullopt);
    co_await weft::sleep(5ms);
    co_await with(scope, [](timeout_scope& s) -> weft::task<> {
      EXPECT_EQ(s.when()->time_since_epoch(), 30ms);
      EXPECT_FALSE(s.expired());
      s.reschedule(std::nullopt);
      EXPECT_EQ(s.when(), std::nullopt);
      s.reschedule(weft::now() + 1h);
      EXPECT_EQ(s.when()->time_since_epoch(), 1h + 10ms);
      co_return;
    });
    EXPECT_FALSE(scope.expired());
    EXPECT_EQ(weft::timeout_at(weft::time_point{7s}).when()->time_since_epoch(), 7s);
  });
}

TEST(TimeoutScope, CanBeMovedAndRescheduledBeforeItBegins) {
  run_simulated([]() -> weft::task<> {
    timeout_scope first = timeout(20ms);
    first.reschedule(weft::now() + 3ms);
    timeout_scope second = std::move(first);
    const bool timed_out = co_await times_out(with(std::move(second), sleep_long));
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(elapsed(), 3ms);
  });
}

TEST(TimeoutScope, CanBeUsedOnlyOnceAndNotMovedAfterwards) {
  run_simulated([]() -> weft::task<> {
    timeout_scope scope = timeout(20ms);
    co_await with(scope, []() -> weft::task<> { co_return; });
    bool refused = false;
    try {
      co_await with(scope, []() -> weft::task<> { co_return; });
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_THROW(timeout_scope{std::move(scope)}, std::logic_error);
    EXPECT_THROW(scope.reschedule(weft::now()), std::logic_error);  // NOLINT(bugprone-use-after-move): it was not
  });
}

TEST(TimeoutScope, RescheduledIntoThePastExpiresAtTheNextSuspension) {
  run_simulated([]() -> weft::task<> {
    co_await weft::sleep(10ms);
    timeout_scope scope = timeout(1h);
    std::string trace;
    const bool timed_out = co_await times_out(with(scope, [&](timeout_scope& s) -> weft::task<> {
      s.reschedule(weft::now() - 5ms);
      trace += "goes on";
      co_await weft::sleep(1ms);
      trace += " unreachable";
    }));
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(trace, "goes on");
    EXPECT_EQ(elapsed(), 10ms);
    EXPECT_THROW(scope.reschedule(std::nullopt), std::logic_error);
  });
}

TEST(TimeoutScope, CanBeRescheduledByAnotherTask) {
  run_simulated([]() -> weft::task<> {
    timeout_scope scope = timeout(10ms);
    auto extender = weft::create_task([&]() -> weft::task<> {
      co_await weft::sleep(5ms);
      scope.reschedule(weft::now() + 10ms);
    });
    const bool timed_out = co_await times_out(with(scope, sleep_long));
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(elapsed(), 15ms);
  });
}

TEST(TimeoutScope, AnInnerOneExpiresAlone) {
  run_simulated([]() -> weft::task<> {
    timeout_scope outer = timeout(50ms);
    co_await with(outer, []() -> weft::task<> {
      const bool timed_out = co_await times_out(with(timeout(10ms), sleep_long));
      EXPECT_TRUE(timed_out);
      co_await weft::sleep(10ms);
    });
    EXPECT_FALSE(outer.expired());
    EXPECT_EQ(elapsed(), 20ms);
  });
}

TEST(TimeoutScope, GivesTheValueAndLeavesNoTimerBehind) {
  run_simulated([]() -> weft::task<> {
    const int value = co_await with(timeout(1h), []() -> weft::task<int> { co_return co_await after(1ms, 4); });
    EXPECT_EQ(value, 4);
  });
  // A timer that was left behind would keep the loop from seeing that nothing can happen any more.
  EXPECT_THROW(run_simulated([]() -> weft::task<> {
                 co_await with(timeout(1h), []() -> weft::task<> { co_return; });
                 weft::event never;
                 co_await never.wait();
               }),
               weft::deadlock_error);
}

TEST(TimeoutScope, WithoutALimitPassesAStop) {
  run_simulated([]() -> weft::task<> {
    auto work = weft::create_task([]() -> weft::task<> { co_await with(timeout(std::nullopt), sleep_long); });
    co_await weft::sleep(1ms);
    work.cancel();
    co_await weft::sleep(1ms);
    EXPECT_TRUE(work.cancelled());
  });
}

TEST(TimeoutScope, AnErrorOfCleanUpPassesInstead) {
  run_simulated([]() -> weft::task<> {
    timeout_scope scope = timeout(10ms);
    auto clean_up = []() -> weft::task<> {
      throw std::runtime_error{"clean-up"};
      co_return;
    };
    std::string seen;
    try {
      co_await with(scope, weft::finally(clean_up), sleep_long);
    } catch (const std::runtime_error& e) {
      seen = e.what();
    }
    EXPECT_EQ(seen, "clean-up");
    EXPECT_TRUE(scope.expired());
    co_await weft::checkpoint();  // nothing is left of the expiry
  });
}

TEST(TimeoutScope, WinsOverAResultThatHasNotArrived) {
  run_simulated([]() -> weft::task<> {
    auto wait_for_value = [](weft::future<int> value) -> weft::task<> {
      co_await with(timeout(10ms), [&]() -> weft::task<> { (void)co_await value; });
    };
    weft::promise<int> same_instant;
    weft::this_loop().call_later(10ms, [&] { same_instant.set_value(1); });
    const bool too_late = co_await times_out(wait_for_value(same_instant.get_future()));
    EXPECT_TRUE(too_late);
    weft::promise<int> before;
    weft::this_loop().call_later(9ms, [&] { before.set_value(1); });
    const bool arrived_too_late = co_await times_out(wait_for_value(before.get_future()));
    EXPECT_FALSE(arrived_too_late);
  });
}

TEST(CancelScope, EndsItsBlockWithoutAnError) {
  run_simulated([]() -> weft::task<> {
    weft::cancel_scope scope;
    auto canceller = weft::create_task([&]() -> weft::task<> {
      co_await weft::sleep(10ms);
      scope.cancel();
      scope.cancel();
    });
    co_await with(scope, sleep_long);
    EXPECT_TRUE(scope.cancel_called());
    EXPECT_EQ(elapsed(), 10ms);

    weft::cancel_scope early;
    early.cancel();
    std::string trace;
    co_await with(early, [&]() -> weft::task<> {
      trace += "begins";
      co_await weft::sleep(0ms);
      trace += " unreachable";
    });
    EXPECT_EQ(trace, "begins");

    bool no_value = false;
    try {
      const int value = co_await with(weft::cancel_scope{}, [](weft::cancel_scope& s) -> weft::task<int> {
        s.cancel();
        co_await weft::checkpoint();
        co_return 1;
      });
      ADD_FAILURE() << value;
    } catch (const weft::cancelled_error&) {
      no_value = true;
    }
    EXPECT_TRUE(no_value);

    // A block that has ended has ended.
    const int value = co_await with(weft::cancel_scope{}, [](weft::cancel_scope& s) -> weft::task<int> {
      s.cancel();
      co_return 1;
    });
    EXPECT_EQ(value, 1);
  });
}

// ---- wait_for, move_on_after ----------------------------------------------------------------------------------------

TEST(WaitFor, TakesEveryKindOfAwaitable) {
  run_simulated([]() -> weft::task<> {
    const int from_task = co_await weft::wait_for(after(1ms, 1), 1s);
    EXPECT_EQ(from_task, 1);
    const int from_callable = co_await weft::wait_for([] { return after(1ms, 2); }, 1s);
    EXPECT_EQ(from_callable, 2);
    auto handle = weft::create_task(after(1ms, 3));
    const int from_handle = co_await weft::wait_for(handle, 1s);
    EXPECT_EQ(from_handle, 3);
    const int from_moved_handle = co_await weft::wait_for(std::move(handle), 1s);
    EXPECT_EQ(from_moved_handle, 3);
    co_await weft::wait_for(weft::sleep(1ms), 1s);
    co_await weft::wait_for(weft::checkpoint(), 1s);
    const int nested = co_await weft::wait_for(weft::wait_for(after(1ms, 4), 1s), 1s);
    EXPECT_EQ(nested, 4);
    const auto owned =
        co_await weft::wait_for([]() -> weft::task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }, 1s);
    EXPECT_EQ(*owned, 5);
    int there = 6;
    int& same = co_await weft::wait_for([&]() -> weft::task<int&> { co_return there; }, 1s);
    EXPECT_EQ(&same, &there);

    weft::lock lock;
    auto guard = std::make_unique<weft::lock::guard>(co_await weft::wait_for(lock.acquire(), 1s));
    const bool locked_out = co_await times_out(weft::wait_for(lock.acquire(), 1ms));
    EXPECT_TRUE(locked_out);
    guard.reset();
    EXPECT_FALSE(lock.locked());
    weft::event event;
    const bool waited = co_await times_out(weft::wait_for(event.wait(), 1ms));
    EXPECT_TRUE(waited);
    weft::queue<int> queue;
    const bool starved = co_await times_out(weft::wait_for(queue.get(), 1ms));
    EXPECT_TRUE(starved);
    co_await weft::wait_for(queue.put(7), 1s);
    const int item = co_await weft::wait_for(queue.get(), 1s);
    EXPECT_EQ(item, 7);
  });
}

TEST(WaitFor, ALimitThatIsOverGivesOnlyWhatIsReady) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    weft::queue<int> queue;
    co_await queue.put(1);
    const int item = co_await weft::wait_for(queue.get(), 0ms);
    EXPECT_EQ(item, 1);
    const bool empty = co_await times_out(weft::wait_for(queue.get(), -1ms));
    EXPECT_TRUE(empty);
    auto start = [&]() -> weft::task<> {
      trace += "unreachable";
      co_return;
    };
    const bool lazy = co_await times_out(weft::wait_for(start(), 0ms));
    EXPECT_TRUE(lazy);
    const bool callable = co_await times_out(weft::wait_for(start, 0ms));
    EXPECT_TRUE(callable);
    EXPECT_EQ(elapsed(), 0ms);
  });
  EXPECT_EQ(trace, "");
}

TEST(WaitFor, DestroysWhatItWaitedForBeforeItThrows) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto work = [&]() -> weft::task<> {
      struct note {
        explicit note(std::string& t) : trace{&t} {}
        ~note() { *trace += weft::stopping() ? "unwound " : "left "; }
        std::string* trace;
      } const local{trace};
      co_await weft::sleep(1h);
    };
    const bool timed_out = co_await times_out(weft::wait_for(work, 10ms));
    EXPECT_TRUE(timed_out);
    trace += "timed out";
  });
  EXPECT_EQ(trace, "unwound timed out");
}

TEST(WaitFor, RunsInTheCallersTask) {
  run_simulated([]() -> weft::task<> {
    const weft::any_task_handle caller = weft::current_task();
    co_await weft::wait_for(
        [&]() -> weft::task<> {
          EXPECT_EQ(weft::current_task(), caller);
          co_return;
        },
        1s);
  });
}

TEST(WaitFor, AnErrorOfCleanUpComesOut) {
  run_simulated([]() -> weft::task<> {
    auto clean_up = []() -> weft::task<> {
      throw std::runtime_error{"clean-up"};
      co_return;
    };
    std::string seen;
    try {
      co_await weft::wait_for(with(weft::finally(clean_up), sleep_long), 10ms);
    } catch (const std::runtime_error& e) {
      seen = e.what();
    }
    EXPECT_EQ(seen, "clean-up");
  });
}

TEST(WaitFor, AValueIsMovedOutOfAHandleOnlyIfTheHandleIsGivenAway) {
  run_simulated([]() -> weft::task<> {
    auto make = []() -> weft::task<std::string> { co_return std::string(100, 'x'); };
    auto handle = weft::create_task(make());
    const std::string first = co_await weft::wait_for(handle, 1s);
    EXPECT_EQ(handle.result(), first);
    const std::string second = co_await weft::wait_for(std::move(handle), 1s);
    EXPECT_EQ(second, first);
  });
}

TEST(WaitFor, AStopFromOutsideWinsOverExpiry) {
  run_simulated([]() -> weft::task<> {
    auto work = weft::create_task([]() -> weft::task<> { co_await weft::wait_for(sleep_long(), 10ms); });
    co_await weft::checkpoint();
    weft::this_loop().call_later(10ms, [work] { work.cancel(); });
    co_await weft::sleep(20ms);
    EXPECT_TRUE(work.cancelled());
  });
}

TEST(MoveOnAfter, GivesAnOptionalOrWhetherItWasInTime) {
  run_simulated([]() -> weft::task<> {
    const std::optional<int> in_time = co_await weft::move_on_after(10ms, after(1ms, 5));
    EXPECT_EQ(in_time, 5);
    const std::optional<int> late = co_await weft::move_on_after(10ms, after(1h, 5));
    EXPECT_EQ(late, std::nullopt);
    EXPECT_EQ(elapsed(), 11ms);
    const bool slept = co_await weft::move_on_after(10ms, weft::sleep(1ms));
    EXPECT_TRUE(slept);
    const bool overslept = co_await weft::move_on_after(10ms, sleep_long);
    EXPECT_FALSE(overslept);
    const bool started = co_await weft::move_on_after(0ms, sleep_long());
    EXPECT_FALSE(started);
    const auto owned =
        co_await weft::move_on_after(1s, []() -> weft::task<std::unique_ptr<int>> { co_return nullptr; });
    EXPECT_TRUE(owned.has_value());
  });
}

TEST(MoveOnAfter, PassesErrorsAndStops) {
  run_simulated([]() -> weft::task<> {
    bool thrown = false;
    auto fail = []() -> weft::task<int> {
      co_await weft::checkpoint();
      throw std::runtime_error{"failed"};
    };
    try {
      const std::optional<int> value = co_await weft::move_on_after(1s, fail());
      ADD_FAILURE() << value.has_value();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    auto work = weft::create_task([]() -> weft::task<> {
      const bool in_time = co_await weft::move_on_after(1s, sleep_long());
      ADD_FAILURE() << in_time;
    });
    co_await weft::sleep(1ms);
    work.cancel();
    co_await weft::sleep(1ms);
    EXPECT_TRUE(work.cancelled());
  });
}
