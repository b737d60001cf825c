#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};
constexpr weft::run_options debugging{.clock = weft::clock_mode::simulated, .debug = true};

/// What the loop's exception handler was told.
struct reports {
  reports() {
    weft::this_loop().set_exception_handler(
        [this](const weft::exception_context& context) { texts.push_back(context.task + "|" + context.message); });
  }
  std::vector<std::string> texts;
};

weft::task<> inner_sleep() { co_await weft::sleep(1h); }
weft::task<> sleeper() { co_await inner_sleep(); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(TaskTree, TellsWhatEachTaskWaitsForAndWhere) {
  const std::string tree = weft::run(
      []() -> weft::task<std::string> {
        auto task = weft::create_task(sleeper(), {.name = "worker"});
        co_await weft::sleep(1ms);
        std::string text = weft::format_task_tree();
        task.cancel();
        co_return text;
      },
      simulated);
  EXPECT_TRUE(has(tree, "main: running")) << tree;
  EXPECT_TRUE(has(tree, "worker: sleep at inner_sleep (debug_test.cpp:")) << tree;
  EXPECT_TRUE(has(tree, " < sleeper (debug_test.cpp:")) << tree;
  EXPECT_FALSE(has(tree, " ms")) << "without debug mode nobody knows since when: " << tree;
}

TEST(TaskTree, PutsTasksBelowThoseThatAwaitThem) {
  const std::string tree = weft::run(
      []() -> weft::task<std::string> {
        std::string text;
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
          auto slow = tg.create_task(sleeper(), {.name = "slow"});
          auto first = tg.create_task([slow]() -> weft::task<> { co_await slow; }, {.name = "first"});
          tg.create_task([slow]() -> weft::task<> { co_await slow; }, {.name = "second"});
          tg.create_task([]() -> weft::task<> { co_await weft::gather(sleeper(), sleeper()); }, {.name = "both"});
          tg.create_task(sleeper(), {.name = "fresh"});
          co_await weft::sleep(1ms);
          auto late = tg.create_task(sleeper(), {.name = "late"});
          text = weft::format_task_tree();
          tg.cancel();
        });
        co_return text;
      },
      debugging);
  EXPECT_TRUE(tree.starts_with("main: ")) << tree;
  EXPECT_TRUE(has(tree, "\n|- slow: sleep")) << tree;
  EXPECT_TRUE(has(tree, "\n|- first: co_await task at lambda in ")) << tree;
  EXPECT_TRUE(has(tree, "\n|  `- slow (see above)")) << tree;
  EXPECT_TRUE(has(tree, "\n|- both: gather")) << tree;
  EXPECT_TRUE(has(tree, "\n|  |- Task-")) << tree;
  EXPECT_TRUE(has(tree, "\n`- late: not started at sleeper (debug_test.cpp:")) << tree;
  EXPECT_TRUE(has(tree, ", for 1.0 ms")) << tree;
}

TEST(TaskTree, FollowsGeneratorsAndBlocks) {
  const std::string tree = weft::run(
      []() -> weft::task<std::string> {
        auto numbers = []() -> weft::async_generator<int> {
          co_await weft::sleep(1h);
          co_yield 1;
        };
        auto consumer = [&]() -> weft::task<> {
          auto generator = numbers();
          co_await weft::with(weft::timeout(2h), [&]() -> weft::task<> { (void)co_await generator.next(); });
        };
        auto task = weft::create_task(consumer(), {.name = "consumer"});
        co_await weft::sleep(1ms);
        co_return weft::format_task_tree();
      },
      simulated);
  const std::size_t at = tree.find("consumer: sleep at lambda in ");
  ASSERT_NE(at, std::string::npos) << tree;
  const std::string line = tree.substr(at, tree.find('\n', at) - at);
  EXPECT_EQ(std::count(line.begin(), line.end(), '<'), 2) << line;  // generator, block, consumer
}

TEST(Deadlock, IsReportedWithThePlaceOfEachWaiter) {
  weft::event never;
  try {
    weft::run([&]() -> weft::task<> { co_await never.wait(); }, simulated);
    FAIL() << "no deadlock_error";
  } catch (const weft::deadlock_error& e) {
    EXPECT_TRUE(has(e.what(), "main waits in event.wait at lambda in ")) << e.what();
    EXPECT_TRUE(has(e.what(), "(debug_test.cpp:")) << e.what();
  }
}

TEST(DebugMode, ReportsAStepThatTakesLong) {
  weft::run(
      []() -> weft::task<> {
        const reports got;
        auto slow = weft::create_task(
            []() -> weft::task<> {
              co_await weft::checkpoint();
              const auto until = std::chrono::steady_clock::now() + 3ms;
              while (std::chrono::steady_clock::now() < until) {
              }
            },
            {.name = "slow one"});
        co_await slow;
        // A busy machine may make other steps slow as well.
        const bool told = std::any_of(got.texts.begin(), got.texts.end(), [](const std::string& text) {
          return text.starts_with("slow one|A step took ") && has(text, "from lambda in ") &&
                 has(text, "the task was made at lambda in ");
        });
        EXPECT_TRUE(told) << testing::PrintToString(got.texts);
      },
      {.clock = weft::clock_mode::simulated, .debug = true, .slow_step = 2ms});
}

TEST(DebugMode, ReportsACallbackThatTakesLong) {
  weft::run(
      []() -> weft::task<> {
        const reports got;
        const auto dawdle = [] {
          const auto until = std::chrono::steady_clock::now() + 3ms;
          while (std::chrono::steady_clock::now() < until) {
          }
        };
        const auto told = [&] {
          return std::count_if(got.texts.begin(), got.texts.end(),
                               [](const std::string& text) { return text.starts_with("a callback|A step took "); });
        };
        weft::this_loop().call_soon(dawdle);
        co_await weft::sleep(1ms);
        EXPECT_GE(told(), 1) << testing::PrintToString(got.texts);
        const auto before = told();
        weft::this_loop().call_later(1ms, dawdle);
        co_await weft::sleep(2ms);
        EXPECT_GT(told(), before) << testing::PrintToString(got.texts);
      },
      {.clock = weft::clock_mode::simulated, .debug = true, .slow_step = 2ms});
}

TEST(DebugMode, ReportsATaskThatWasNeverAwaited) {
  auto forget = []() -> weft::task<std::size_t> {
    const reports got;
    {
      auto forgotten = sleeper();
    }
    if (!got.texts.empty()) {
      EXPECT_TRUE(has(got.texts[0], "A task was never awaited: sleeper (debug_test.cpp:")) << got.texts[0];
    }
    co_return got.texts.size();
  };
  EXPECT_EQ(weft::run(forget, debugging), 1U);
  EXPECT_EQ(weft::run(forget, simulated), 0U);
}

TEST(DebugMode, ReportsAGeneratorThatWasDestroyedBeforeItsCleanUp) {
  weft::run(
      []() -> weft::task<> {
        const reports got;
        auto numbers = []() -> weft::async_generator<int> {
          co_await weft::on_close([]() -> weft::task<> { co_return; });
          co_yield 1;
        };
        {
          auto left = numbers();
          (void)co_await left.next();
        }
        EXPECT_EQ(got.texts.size(), 1U);
        auto closed = numbers();
        (void)co_await closed.next();
        co_await closed.close();
        EXPECT_EQ(got.texts.size(), 1U);
      },
      debugging);
}

TEST(DebugModeDeathTest, UseFromAnotherThreadEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(weft::run(
                   []() -> weft::task<> {
                     auto sleeping = weft::create_task(sleeper());
                     co_await weft::checkpoint();
                     std::thread{[&] { sleeping.cancel(); }}.join();
                   },
                   {.debug = true}),
               "used from another thread than its own");
}

TEST(DebugMode, SigquitPrintsTheTree) {
  testing::internal::CaptureStderr();
  weft::run(
      []() -> weft::task<> {
        auto task = weft::create_task(sleeper(), {.name = "worker"});
        co_await weft::sleep(1ms);
        std::raise(SIGQUIT);
        co_await weft::sleep(1ms);
      },
      {.debug = true});
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(has(printed, "worker: sleep at inner_sleep")) << printed;
}

TEST(DebugMode, ComesFromTheEnvironmentToo) {
  ::setenv("WEFT_DEBUG", "1", 1);
  const auto reported = weft::run(
      []() -> weft::task<std::size_t> {
        const reports got;
        {
          auto forgotten = sleeper();
        }
        co_return got.texts.size();
      },
      simulated);
  ::unsetenv("WEFT_DEBUG");
  EXPECT_EQ(reported, 1U);
}

}  // namespace
