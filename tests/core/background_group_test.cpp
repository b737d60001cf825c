#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

TEST(BackgroundGroup, ShutdownStopsAndWaitsForAll) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        weft::background_group group;
        group.create_task([&]() -> task<> {
          co_await weft::with(weft::finally([&]() -> task<> {
                                co_await weft::sleep(10ms);
                                trace += "cleaned ";
                              }),
                              []() -> task<> { co_await weft::sleep(1h); });
        });
        co_await weft::sleep(1ms);
        EXPECT_EQ(group.size(), 1U);
        co_await group.shutdown();
        EXPECT_TRUE(group.empty());
        trace += "down";
        EXPECT_THROW(group.create_task([]() -> task<> { co_return; }), std::logic_error);
      },
      simulated);
  EXPECT_EQ(trace, "cleaned down");
}

TEST(BackgroundGroup, AFailureHarmsNoOtherTaskAndIsReported) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        weft::this_loop().set_exception_handler(
            [&](const weft::exception_context& context) { trace += weft::what(context.exception) + " "; });
        weft::background_group group;
        group.create_task([]() -> task<> {
          co_await weft::sleep(1ms);
          throw std::runtime_error{"failed"};
        });
        group.create_task([&]() -> task<> {
          co_await weft::sleep(2ms);
          trace += "unharmed ";
        });
        co_await group.join();
      },
      simulated);
  EXPECT_EQ(trace, "failed unharmed ");
}

TEST(BackgroundGroup, SeveralMayWaitForItsEnd) {
  int joined = 0;
  weft::run(
      [&]() -> task<> {
        weft::background_group group;
        group.create_task(weft::sleep(1h));
        const auto join = [&]() -> task<> {
          co_await group.join();
          ++joined;
        };
        auto first = weft::create_task(join);
        auto second = weft::create_task(join);
        auto third = weft::create_task(join);
        co_await weft::sleep(1ms);
        second.cancel();
        co_await weft::sleep(1ms);
        co_await group.shutdown();
        co_await weft::gather(first, third);
      },
      simulated);
  EXPECT_EQ(joined, 2);
}

TEST(BackgroundGroupDeathTest, DestroyedWithTasksItEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(weft::run(
                   []() -> task<> {
                     std::optional<weft::background_group> group{std::in_place};
                     group->create_task([]() -> task<> { co_await weft::sleep(1h); }, {.name = "left"});
                     co_await weft::checkpoint();
                     group.reset();
                   },
                   simulated),
               "destroyed with 1 tasks in it.*left");
}

}  // namespace
