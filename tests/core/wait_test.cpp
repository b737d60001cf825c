#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

task<int> give(int value, std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  co_return value;
}
task<int> fail(std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  throw std::runtime_error{"failed"};
}

TEST(Wait, LetsOthersRunEvenIfAllAreDone) {
  weft::run(
      []() -> task<> {
        std::vector<weft::task_handle<int>> ended;
        ended.push_back(weft::create_task(give(1, 0ms)));
        co_await weft::sleep(1ms);
        for (const auto when : {weft::all_completed, weft::first_completed, weft::first_exception}) {
          bool others_ran = false;
          weft::this_loop().call_soon([&] { others_ran = true; });
          const auto result = co_await weft::wait(ended, {.when = when});
          EXPECT_EQ(result.done.size(), 1U);
          EXPECT_TRUE(others_ran);
        }
        EXPECT_EQ(weft::now().time_since_epoch(), 1ms);
      },
      simulated);
}

TEST(Wait, ForTheFirstExceptionPassesOverValuesAndCancelledTasks) {
  weft::run(
      []() -> task<> {
        std::vector<weft::task_handle<int>> tasks;
        tasks.push_back(weft::create_task(give(1, 10ms)));
        tasks.push_back(weft::create_task(give(2, 1h)));
        tasks.push_back(weft::create_task(fail(30ms)));
        tasks.push_back(weft::create_task(give(3, 40ms)));
        weft::this_loop().call_later(20ms, [&] { tasks[1].cancel(); });
        auto result = co_await weft::wait(tasks, {.when = weft::first_exception});
        EXPECT_EQ(weft::now().time_since_epoch(), 30ms);
        EXPECT_EQ(result.done.size(), 3U);
        EXPECT_EQ(result.pending.size(), 1U);
        (void)result.done.back().exception();

        tasks = {tasks[0], tasks[3]};
        result = co_await weft::wait(tasks, {.when = weft::first_exception});
        EXPECT_EQ(weft::now().time_since_epoch(), 40ms);
        EXPECT_EQ(result.done.size(), 2U);
      },
      simulated);
}

TEST(Wait, ForNothingIsRefused) {
  EXPECT_THROW((void)weft::wait(std::vector<weft::task_handle<int>>{}), std::invalid_argument);
  EXPECT_THROW((void)weft::wait(std::vector<weft::any_task_handle>{}), std::invalid_argument);
}

TEST(AsCompleted, GivesTheHandlesAndServesOneTaskAtATime) {
  weft::run(
      []() -> task<> {
        std::vector<weft::task_handle<int>> tasks;
        tasks.push_back(weft::create_task(give(1, 20ms)));
        tasks.push_back(weft::create_task(give(2, 10ms)));
        auto order = weft::as_completed(tasks);
        auto first = weft::create_task([&]() -> task<> {
          const auto item = co_await order.next();
          EXPECT_EQ(item, tasks[1]);
        });
        co_await weft::checkpoint();
        bool refused = false;
        try {
          (void)co_await order.next();
        } catch (const std::logic_error&) {
          refused = true;
        }
        EXPECT_TRUE(refused);
        co_await first;
        const auto second = co_await order.next();
        EXPECT_EQ(second, tasks[0]);
        const auto end = co_await order.next();
        EXPECT_FALSE(end.has_value());
      },
      simulated);
}

}  // namespace
