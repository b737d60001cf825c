#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "support/allocations.hpp"

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

weft::task<int> answer(std::string* trace = nullptr) {
  if (trace != nullptr) *trace += "ran ";
  co_return 42;
}

TEST(Task, IsLazyAndRunsInTheAwaitersStep) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        weft::task<int> later = answer(&trace);
        weft::this_loop().call_soon([&] { trace += "callback "; });
        EXPECT_EQ(trace, "");
        int got = co_await later;
        EXPECT_EQ(got, 42);
        EXPECT_EQ(trace, "ran ");  // nothing else came between
        EXPECT_FALSE(later);
        co_await weft::checkpoint();
      },
      simulated);
}

TEST(Task, NeverAwaitedOnlyDestroysItsArguments) {
  auto held = std::make_shared<int>(1);
  const auto keep = [](std::shared_ptr<int> p) -> weft::task<int> { co_return *p; };
  {
    weft::task<int> dropped = keep(held);
    weft::task<int> replaced = keep(held);
    EXPECT_EQ(held.use_count(), 3);
    replaced = std::move(dropped);
    EXPECT_EQ(held.use_count(), 2);
    EXPECT_FALSE(dropped);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(replaced);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, AwaitedTwiceThrows) {
  weft::run(
      []() -> weft::task<> {
        auto once = answer();
        (void)co_await once;
        EXPECT_THROW((void)once.operator co_await(), std::logic_error);
        weft::task<> empty;
        EXPECT_THROW((void)empty.operator co_await(), std::logic_error);
      },
      simulated);
}

TEST(Task, GivesReferencesAndMoveOnlyValues) {
  weft::run(
      []() -> weft::task<> {
        int variable = 1;
        auto refer = [&]() -> weft::task<int&> { co_return variable; };
        int& same = co_await refer();
        EXPECT_EQ(&same, &variable);
        auto box = []() -> weft::task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
        std::unique_ptr<int> got = co_await box();
        EXPECT_EQ(*got, 3);
      },
      simulated);
}

TEST(Task, GivesAValueWithoutADefaultConstructor) {
  struct number {
    explicit number(int n) : value{n} {}
    int value;
  };
  weft::run(
      []() -> weft::task<> {
        auto make = []() -> weft::task<number> { co_return number{5}; };
        number got = co_await make();
        EXPECT_EQ(got.value, 5);
      },
      simulated);
}

TEST(Task, ThrowsWhatItsBodyThrowsAfterDestroyingItsVariables) {
  weft::run(
      []() -> weft::task<> {
        auto held = std::make_shared<int>(1);
        auto fail = [](std::shared_ptr<int> p) -> weft::task<int> {
          auto copy = p;  // NOLINT(performance-unnecessary-copy-initialization): it is counted
          co_await weft::checkpoint();
          throw std::runtime_error{"failed"};
        };
        std::string error;
        try {
          (void)co_await fail(held);
        } catch (const std::runtime_error& e) {
          error = e.what();
        }
        EXPECT_EQ(error, "failed");
        EXPECT_EQ(held.use_count(), 1);
      },
      simulated);
}

weft::task<int> depth(int n) {
  if (n == 0) {
    co_await weft::checkpoint();
    co_return 0;
  }
  int below = co_await depth(n - 1);
  co_return below + 1;
}

TEST(Task, NestsAHundredThousandDeep) { EXPECT_EQ(weft::run(depth(100'000), simulated), 100'000); }

weft::task<> fail_below(int n) {
  if (n == 0) throw std::runtime_error{"deep"};
  co_await fail_below(n - 1);
}
TEST(Task, CarriesAnErrorUpThroughAThousandFrames) {
  EXPECT_THROW(weft::run(fail_below(1'000), simulated), std::runtime_error);
}

TEST(Task, StoppedAHundredThousandDeepUnwindsWithoutRecursion) {
  weft::run(
      []() -> weft::task<> {
        auto deep = weft::create_task(depth(100'000));
        co_await weft::checkpoint();
        deep.cancel();
        co_await weft::sleep(1ms);
        EXPECT_TRUE(deep.cancelled());
      },
      simulated);
}

weft::task<int> returns_at_once(int n) { co_return n; }

TEST(Task, AwaitedInALoopUsesNoStack) {
  weft::run(
      []() -> weft::task<> {
        long sum = 0;
        for (int i = 0; i < 1'000'000; ++i) {
          int n = co_await returns_at_once(1);
          sum += n;
        }
        EXPECT_EQ(sum, 1'000'000);
      },
      simulated);
}

TEST(Task, StoppedUnwindsFromTheInsideOut) {
  std::string trace;
  struct note {
    std::string& to;
    const char* text;
    note(std::string& t, const char* what) : to{t}, text{what} {}
    ~note() { to += text; }
  };
  weft::run(
      [&]() -> weft::task<> {
        auto inner = [&]() -> weft::task<> {
          note a{trace, weft::stopping() ? "" : "inner "};
          note b{trace, "last variable first; "};
          co_await weft::sleep(1h);
          trace += "never ";
        };
        auto middle = [&]() -> weft::task<> {
          note a{trace, "middle "};
          auto named = inner();  // declared before it is awaited: still unwound first
          try {
            co_await named;
          } catch (...) {
            trace += "caught ";
          }
        };
        auto outer = weft::create_task([&]() -> weft::task<> {
          note a{trace, "outer "};
          co_await middle();
        });
        co_await weft::checkpoint();
        outer.cancel();
        EXPECT_EQ(trace, "");  // nothing is destroyed inside cancel()
        co_await weft::checkpoint();
        EXPECT_EQ(trace, "last variable first; inner middle outer ");
      },
      simulated);
}

TEST(CreateTask, StartsInTheNextTurnInOrderOfCreation) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto note = [&](const char* text) -> weft::task<> {
          trace += text;
          co_return;
        };
        auto a = weft::create_task(note("a"));
        auto b = weft::create_task(note("b"));
        auto c = weft::create_task(note("c"), {.eager = true});
        EXPECT_EQ(trace, "c");
        EXPECT_TRUE(c.done());
        co_await b;
        EXPECT_EQ(trace, "cab");
        EXPECT_TRUE(a.done());
      },
      simulated);
}

TEST(CreateTask, EagerBecomesAnOrdinaryTaskWhenItWaits) {
  weft::run(
      []() -> weft::task<> {
        weft::any_task_handle seen;
        auto eager = weft::create_task(
            [&]() -> weft::task<int> {
              seen = weft::current_task();
              co_await weft::sleep(1ms);
              co_return 1;
            },
            {.name = "early", .eager = true});
        EXPECT_EQ(seen, eager);
        EXPECT_EQ(seen.name(), "early");
        EXPECT_FALSE(weft::current_task() == eager);
        EXPECT_FALSE(eager.done());
        int got = co_await eager;
        EXPECT_EQ(got, 1);
      },
      simulated);
}

TEST(CreateTask, EagerIsStoppedAsUsualOnceItWaits) {
  weft::run(
      []() -> weft::task<> {
        auto ended = weft::create_task(answer(), {.eager = true});
        EXPECT_TRUE(ended.done());
        EXPECT_FALSE(ended.cancel());
        EXPECT_EQ(ended.result(), 42);
        auto waits = weft::create_task(weft::sleep(1h), {.eager = true});
        EXPECT_TRUE(waits.cancel());
        EXPECT_FALSE(waits.done());
        co_await weft::checkpoint();
        EXPECT_TRUE(waits.cancelled());
      },
      simulated);
}

TEST(CreateTask, NeedsALoop) {
  EXPECT_THROW(weft::create_task(answer()), std::logic_error);
  EXPECT_FALSE(weft::current_task());
  EXPECT_FALSE(weft::stopping());
}

TEST(TaskHandle, IsAwaitedAnyNumberOfTimes) {
  weft::run(
      []() -> weft::task<> {
        auto handle = weft::create_task([]() -> weft::task<std::string> {
          co_await weft::sleep(1ms);
          co_return "text";
        });
        auto copy = handle;
        EXPECT_EQ(copy, handle);
        const std::string& first = co_await handle;
        const std::string& second = co_await copy;
        EXPECT_EQ(&first, &second);
        std::string taken = co_await std::move(handle);
        EXPECT_EQ(taken, "text");
      },
      simulated);
}

TEST(TaskHandle, TellsHowTheTaskEnded) {
  weft::run(
      []() -> weft::task<> {
        auto value = weft::create_task(answer());
        auto error = weft::create_task([]() -> weft::task<> {
          throw std::runtime_error{"failed"};
          co_return;
        });
        auto sleeps = weft::create_task(weft::sleep(1h), {.name = "sleeper"});
        EXPECT_THROW((void)value.result(), weft::invalid_state_error);
        EXPECT_THROW((void)value.exception(), weft::invalid_state_error);
        co_await weft::sleep(0s);

        EXPECT_EQ(value.result(), 42);
        EXPECT_EQ(value.exception(), nullptr);
        EXPECT_FALSE(value.cancel());
        EXPECT_EQ(weft::what(error.exception()), "failed");
        EXPECT_THROW(error.result(), std::runtime_error);
        EXPECT_FALSE(error.cancelled());

        EXPECT_TRUE(sleeps.cancel());
        EXPECT_TRUE(sleeps.cancel());  // until it is done
        EXPECT_TRUE(sleeps.cancelling());
        EXPECT_FALSE(sleeps.done());
        bool thrown = false;
        try {
          co_await sleeps;
        } catch (const weft::cancelled_error&) {
          thrown = true;
        }
        EXPECT_TRUE(thrown);
        EXPECT_TRUE(sleeps.cancelled());
        EXPECT_THROW((void)sleeps.exception(), weft::cancelled_error);
        EXPECT_EQ(sleeps.name(), "sleeper");
        sleeps.set_name("awake");
        EXPECT_EQ(sleeps.name(), "awake");
        EXPECT_EQ(value.name().substr(0, 5), "Task-");
        weft::task_handle<int> empty;
        EXPECT_FALSE(empty);
        EXPECT_THROW((void)empty.result(), std::logic_error);
      },
      simulated);
}

TEST(TaskHandle, OfATaskThatACancelledErrorLeavesIsCancelled) {
  weft::run(
      []() -> weft::task<> {
        auto quits = weft::create_task([]() -> weft::task<> {
          throw weft::cancelled_error{};
          co_return;
        });
        co_await weft::checkpoint();
        EXPECT_TRUE(quits.cancelled());
      },
      simulated);
}

TEST(TaskHandle, RefusesThatATaskAwaitsItself) {
  weft::run(
      []() -> weft::task<> {
        weft::task_handle<void> self;
        bool refused = false;
        self = weft::create_task([&]() -> weft::task<> {
          try {
            co_await self;
          } catch (const std::logic_error&) {
            refused = true;
          }
        });
        co_await weft::checkpoint();
        EXPECT_TRUE(refused);
      },
      simulated);
}

TEST(TaskHandle, RefusesToBeAwaitedOnAnotherLoop) {
  weft::runner its_own{simulated};
  const auto elsewhere = its_own.run([]() -> weft::task<weft::task_handle<void>> {
    auto sleeping = weft::create_task(weft::sleep(1h));
    co_return sleeping;
  });
  weft::runner other{simulated};
  const bool refused = other.run([&]() -> weft::task<bool> {
    try {
      co_await elsewhere;
    } catch (const std::logic_error&) {
      co_return true;
    }
    co_return false;
  });
  EXPECT_TRUE(refused);
}

TEST(TaskHandle, CallsItsDoneCallbacksFromTheReadyQueue) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto handle = weft::create_task(answer());
        handle.add_done_callback([&](weft::any_task_handle done) { trace += done.done() ? "first " : "?"; });
        handle.add_done_callback([&](weft::any_task_handle) { trace += "second "; });
        (void)co_await handle;
        EXPECT_EQ(trace, "first second ");
        handle.add_done_callback([&](weft::any_task_handle) { trace += "late "; });
        EXPECT_EQ(trace, "first second ");
        co_await weft::checkpoint();
        EXPECT_EQ(trace, "first second late ");
      },
      simulated);
}

TEST(TaskHandle, OfAFailedTaskThatNobodyLooksAtReportsTheError) {
  weft::run(
      []() -> weft::task<> {
        std::string reported;
        weft::this_loop().set_exception_handler([&](const weft::exception_context& context) {
          reported += context.task + ": " + weft::what(context.exception) + "; ";
        });
        auto fail = [](const char* text) -> weft::task<> {
          throw std::runtime_error{text};
          co_return;
        };
        weft::create_task(fail("unseen"), {.name = "one"});
        {
          auto seen = weft::create_task(fail("seen"));
          co_await weft::checkpoint();
          (void)seen.exception();
        }
        co_await weft::checkpoint();
        EXPECT_EQ(reported, "one: unseen; ");
      },
      simulated);
}

TEST(TaskHandle, AllTasksAreThoseNotDone) {
  weft::run(
      []() -> weft::task<> {
        auto first = weft::create_task(weft::sleep(1s));
        auto second = weft::create_task(answer());
        EXPECT_EQ(weft::all_tasks().size(), 3u);
        co_await weft::checkpoint();
        auto tasks = weft::all_tasks();
        EXPECT_EQ(tasks.size(), 2u);
        EXPECT_EQ(tasks.at(0), weft::current_task());
        EXPECT_EQ(tasks.at(1), first);
        bool in_callback = true;
        weft::this_loop().call_soon([&] { in_callback = static_cast<bool>(weft::current_task()); });
        co_await weft::checkpoint();
        EXPECT_FALSE(in_callback);
      },
      simulated);
}

weft::async_generator<int> endless() {
  for (int i = 0;; ++i) co_yield i;
}

TEST(Allocations, ANextValueOfAGeneratorNeedsNone) {
  weft::run(
      []() -> weft::task<> {
        auto numbers = endless();
        const std::size_t before = allocations();
        for (int i = 0; i < 100; ++i) (void)co_await numbers.next();
        EXPECT_EQ(allocations() - before, 0u);
      },
      simulated);
}

TEST(Allocations, WakingAndSleepingNeedNoneOnceTheTimersHaveTheirRoom) {
  weft::run(
      []() -> weft::task<> {
        co_await weft::sleep(1ms);
        const std::size_t before = allocations();
        for (int i = 0; i < 100; ++i) {
          co_await weft::checkpoint();
          co_await weft::sleep(1ms);
        }
        EXPECT_EQ(allocations() - before, 0u);
      },
      simulated);
}

TEST(Allocations, CallsOfTasksReuseTheirFrames) {
#if defined(__SANITIZE_ADDRESS__) || defined(__has_feature)
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
  GTEST_SKIP() << "frames are not reused under AddressSanitizer";
#endif
#endif
  weft::run(
      []() -> weft::task<> {
        (void)co_await returns_at_once(1);
        co_await weft::create_task(returns_at_once(1));
        const std::size_t before = allocations();
        for (int i = 0; i < 100; ++i) {
          (void)co_await returns_at_once(i);
          (void)co_await weft::create_task(returns_at_once(i));
        }
        EXPECT_EQ(allocations() - before, 0u);
      },
      simulated);
}

}  // namespace
