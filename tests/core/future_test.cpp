#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

template <class E, class F>
std::string thrown(F f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Promise, CompletesWhatATaskWaitsFor) {
  int got = weft::run(
      []() -> weft::task<int> {
        weft::promise<int> promise;
        weft::future<int> answer = promise.get_future();
        weft::this_loop().call_later(10ms, [promise = std::move(promise)]() mutable { promise.set_value(42); });
        EXPECT_FALSE(answer.done());
        int value = co_await answer;
        EXPECT_EQ(weft::now().time_since_epoch(), 10ms);
        co_return value;
      },
      simulated);
  EXPECT_EQ(got, 42);
}

TEST(Promise, NeedsARunningLoop) {
  EXPECT_THROW(weft::promise<int>{}, std::logic_error);
  std::optional<weft::promise<int>> kept;
  std::optional<weft::future<int>> future;
  weft::run(
      [&]() -> weft::task<> {
        kept.emplace();
        future = kept->get_future();
        co_return;
      },
      simulated);
  EXPECT_THROW(kept->set_value(1), std::logic_error);
  kept.reset();
  EXPECT_EQ(thrown<weft::broken_promise_error>([&] { (void)future->result(); }),
            "the promise went away without a value");
}

TEST(Promise, IsCompletedOnce) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        weft::future<int> future = promise.get_future();
        promise.set_value(1);
        EXPECT_TRUE(promise.done());
        EXPECT_THROW(promise.set_value(2), weft::invalid_state_error);
        EXPECT_THROW(promise.set_exception(std::make_exception_ptr(1)), weft::invalid_state_error);
        EXPECT_EQ(future.result(), 1);
        EXPECT_THROW((void)promise.get_future(), std::logic_error);
        EXPECT_THROW(weft::promise<int>{}.set_exception(nullptr), std::invalid_argument);

        weft::promise<int> moved = std::move(promise);
        EXPECT_THROW((void)promise.done(), std::logic_error);  // NOLINT(bugprone-use-after-move)
        EXPECT_TRUE(moved.done());
        co_return;
      },
      simulated);
}

TEST(Promise, ThatIsDroppedOrReplacedBreaks) {
  weft::run(
      []() -> weft::task<> {
        auto promise = std::make_unique<weft::promise<int>>();
        auto future = promise->get_future();
        weft::this_loop().call_later(1ms, [&] { promise.reset(); });
        std::string error;
        try {
          (void)co_await future;
        } catch (const weft::broken_promise_error& e) {
          error = e.what();
        }
        EXPECT_EQ(error, "the promise went away without a value");

        weft::promise<> first;
        auto of_first = first.get_future();
        first = weft::promise<>{};
        EXPECT_THROW(of_first.result(), weft::broken_promise_error);
        auto of_second = first.get_future();
        EXPECT_FALSE(of_second.done());
      },
      simulated);
}

TEST(Future, WithAnOutcomeIsAwaitedWithoutSuspending) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        weft::future<int> future = promise.get_future();
        promise.set_value(7);
        bool others_ran = false;
        weft::this_loop().call_soon([&] { others_ran = true; });
        int value = co_await future;
        EXPECT_EQ(value, 7);
        EXPECT_FALSE(others_ran);
        co_await weft::checkpoint();
      },
      simulated);
}

TEST(Future, WakesItsAwaitersInTheirOrderAndNotInsideSetValue) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        weft::future<int> future = promise.get_future();
        std::string trace;
        auto wait = [&](const char* name) -> weft::task<> {
          int value = co_await future;
          trace += name + std::to_string(value);
        };
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
          tg.create_task(wait(" a"));
          tg.create_task(wait(" b"));
          co_await weft::checkpoint();
          future.add_done_callback([&](weft::future<int> done) { trace += " call" + std::to_string(done.result()); });
          tg.create_task(wait(" c"));
          co_await weft::checkpoint();
          promise.set_value(1);
          trace += "set";
        });
        EXPECT_EQ(trace, "set a1 b1 call1 c1");
      },
      simulated);
}

TEST(Future, CallsALateCallbackInTheNextTurn) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<> promise;
        auto future = promise.get_future();
        promise.set_value();
        bool called = false;
        future.add_done_callback([&](weft::future<void>) { called = true; });
        EXPECT_FALSE(called);
        co_await weft::checkpoint();
        EXPECT_TRUE(called);
      },
      simulated);
}

TEST(Future, KeepsTheStateForItsCallback) {
  weft::run(
      []() -> weft::task<> {
        int got = 0;
        {
          weft::promise<int> promise;
          promise.get_future().add_done_callback([&](weft::future<int> done) { got = done.result(); });
          promise.set_value(5);
        }
        co_await weft::checkpoint();
        EXPECT_EQ(got, 5);
      },
      simulated);
}

TEST(Future, LeftOverWithACallbackWhenTheLoopEndsLeaksNothing) {
  auto held = std::make_shared<int>(0);
  std::optional<weft::promise<int>> promise;
  weft::run(
      [&]() -> weft::task<> {
        promise.emplace();
        promise->get_future().add_done_callback([held](weft::future<int>) { ++*held; });
        co_return;
      },
      simulated);
  promise.reset();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(*held, 0);
}

TEST(Future, GivesReferencesFromAnLvalueAndMovesOutOfAnRvalue) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<std::unique_ptr<int>> promise;
        auto future = promise.get_future();
        promise.set_value(std::make_unique<int>(3));
        const std::unique_ptr<int>& first = co_await future;
        const std::unique_ptr<int>& again = co_await future;
        EXPECT_EQ(&first, &again);
        std::unique_ptr<int> taken = co_await std::move(future);
        EXPECT_EQ(*taken, 3);

        int variable = 1;
        weft::promise<int&> refers;
        auto reference = refers.get_future();
        refers.set_value(variable);
        int& same = co_await reference;
        EXPECT_EQ(&same, &variable);

        weft::promise<> nothing;
        auto done = nothing.get_future();
        nothing.set_value();
        co_await done;
        co_await std::move(done);
      },
      simulated);
}

TEST(Future, ThrowsTheExceptionToEachAwaiter) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        promise.set_exception(std::make_exception_ptr(std::runtime_error{"no answer"}));
        int caught = 0;
        for (int i = 0; i < 2; ++i) {
          try {
            (void)co_await future;
          } catch (const std::runtime_error& e) {
            if (std::string{e.what()} == "no answer") ++caught;
          }
        }
        EXPECT_EQ(caught, 2);
        EXPECT_EQ(weft::what(future.exception()), "no answer");
        EXPECT_THROW((void)future.result(), std::runtime_error);
      },
      simulated);
}

TEST(Future, TellsWhatItDoesNotHave) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        EXPECT_THROW((void)future.result(), weft::invalid_state_error);
        EXPECT_THROW((void)future.exception(), weft::invalid_state_error);
        promise.set_value(1);
        EXPECT_EQ(future.exception(), nullptr);

        weft::promise<int> other;
        auto cancelled = other.get_future();
        EXPECT_TRUE(cancelled.cancel());
        EXPECT_FALSE(cancelled.cancel());
        EXPECT_TRUE(cancelled.done());
        EXPECT_TRUE(cancelled.cancelled());
        EXPECT_TRUE(other.cancelled());
        EXPECT_THROW((void)cancelled.result(), weft::cancelled_error);
        EXPECT_THROW((void)cancelled.exception(), weft::cancelled_error);
        EXPECT_THROW(other.set_value(1), weft::invalid_state_error);

        weft::future<int> empty;
        EXPECT_FALSE(empty);
        EXPECT_THROW((void)empty.done(), std::logic_error);
        co_return;
      },
      simulated);
}

TEST(Future, CancelledWakesItsAwaitersWithAnError) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        bool called = false;
        future.add_done_callback([&](weft::future<int> done) { called = done.cancelled(); });
        weft::this_loop().call_later(1ms, [&] { future.cancel(); });
        bool caught = false;
        try {
          (void)co_await future;
        } catch (const weft::cancelled_error&) {
          caught = true;
        }
        EXPECT_TRUE(caught);
        co_await weft::checkpoint();  // the awaiter was stopped by nobody
        EXPECT_TRUE(called);
      },
      simulated);
}

TEST(Future, IsCancelledByTheStopOfAnAwaiter) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        auto stopped = weft::create_task([&]() -> weft::task<> { (void)co_await future; });
        auto other = weft::create_task([&]() -> weft::task<> { (void)co_await future; });
        co_await weft::checkpoint();
        stopped.cancel();
        EXPECT_TRUE(promise.cancelled());
        co_await weft::checkpoint();
        EXPECT_TRUE(stopped.cancelled());
        EXPECT_TRUE(other.cancelled());
      },
      simulated);
}

TEST(Future, LosesToAStopThatComesBeforeItsAwaiterRuns) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        auto waits = weft::create_task([&]() -> weft::task<> { (void)co_await future; });
        co_await weft::checkpoint();
        promise.set_value(1);
        waits.cancel();
        co_await weft::checkpoint();
        EXPECT_TRUE(waits.cancelled());
        EXPECT_EQ(future.result(), 1);
      },
      simulated);
}

TEST(Future, WorksUnderATimeLimit) {
  weft::run(
      []() -> weft::task<> {
        weft::promise<int> promise;
        auto future = promise.get_future();
        bool timed_out = false;
        try {
          (void)co_await weft::wait_for(future, 5ms);
        } catch (const weft::timeout_error&) {
          timed_out = true;
        }
        EXPECT_TRUE(timed_out);
        EXPECT_TRUE(promise.cancelled());
      },
      simulated);
}

TEST(Future, ReportsAnErrorThatNobodyLookedAt) {
  weft::run(
      []() -> weft::task<> {
        std::string reported;
        weft::this_loop().set_exception_handler(
            [&](const weft::exception_context& context) { reported += weft::what(context.exception) + ";"; });
        {
          weft::promise<int> unseen;
          unseen.set_exception(std::make_exception_ptr(std::runtime_error{"unseen"}));
          weft::promise<int> seen;
          auto future = seen.get_future();
          seen.set_exception(std::make_exception_ptr(std::runtime_error{"seen"}));
          (void)future.exception();
          auto broken = weft::promise<int>{}.get_future();
        }
        EXPECT_EQ(reported, "unseen;");
        co_return;
      },
      simulated);
}

TEST(Future, IsNamedByADeadlock) {
  const auto stuck = []() -> weft::task<> {
    weft::promise<int> promise;
    auto future = promise.get_future();
    (void)co_await future;
  };
  const std::string what = thrown<weft::deadlock_error>([&] { weft::run(stuck, simulated); });
  EXPECT_TRUE(what.starts_with("nothing can ever happen again:\n  main waits in co_await future at lambda in "))
      << what;
}

}  // namespace
