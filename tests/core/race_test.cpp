#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <variant>
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
task<std::string> text_after(std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  co_return "text";
}
task<int> fail(std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  throw std::runtime_error{"failed"};
}

TEST(Race, TheFirstToEndWinsAndTheOthersAreStopped) {
  weft::run(
      []() -> task<> {
        const int first = co_await weft::race(give(1, 20ms), give(2, 10ms), give(3, 1h));
        EXPECT_EQ(first, 2);
        EXPECT_EQ(weft::now().time_since_epoch(), 10ms);
      },
      simulated);
}

TEST(Race, AnErrorWinsToo) {
  EXPECT_THROW(weft::run([]() -> task<> { co_await weft::race(give(1, 20ms), fail(10ms)); }, simulated),
               std::runtime_error);
}

TEST(Race, GivesAVariantOfDifferentTypes) {
  weft::run(
      []() -> task<> {
        const auto text = co_await weft::race(give(1, 20ms), text_after(10ms), weft::sleep(1h));
        EXPECT_EQ(std::get<1>(text), "text");
        const auto pause = co_await weft::race(give(1, 20ms), weft::sleep(1ms));
        EXPECT_EQ(pause.index(), 1U);
      },
      simulated);
}

TEST(Race, WaitsForTheLosersCleanUp) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        const int first = co_await weft::race(give(1, 1ms), [&]() -> task<int> {
          co_await weft::with(weft::finally([&]() -> task<> {
                                co_await weft::sleep(10ms);
                                trace += "cleaned ";
                              }),
                              []() -> task<> { co_await weft::sleep(1h); });
          co_return 2;
        });
        trace += std::to_string(first);
      },
      simulated);
  EXPECT_EQ(trace, "cleaned 1");
}

TEST(Race, OfTwoThatEndInTheSameTurnTheFirstWins) {
  weft::run(
      []() -> task<> {
        const int first = co_await weft::race(give(1, 1ms), give(2, 1ms));
        EXPECT_EQ(first, 1);
      },
      simulated);
}

TEST(Race, OfAnEmptyRangeNobodyCanWin) {
  EXPECT_THROW(weft::run([]() -> task<> { co_await weft::race(std::vector<task<int>>{}); }, simulated),
               std::invalid_argument);
}

}  // namespace
