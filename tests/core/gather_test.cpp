#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
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
task<> nothing() { co_await weft::checkpoint(); }
task<int> fail(const char* text, std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  throw std::runtime_error{text};
}

TEST(Gather, OfVoidsIsVoidAndMixedGivesMonostate) {
  weft::run(
      []() -> task<> {
        static_assert(std::is_void_v<weft::await_result_t<decltype(weft::gather(nothing(), nothing()))>>);
        co_await weft::gather(nothing(), nothing());
        const auto [none, one] = co_await weft::gather(nothing(), give(1, 1ms));
        static_assert(std::is_same_v<std::remove_cvref_t<decltype(none)>, std::monostate>);
        EXPECT_EQ(one, 1);
      },
      simulated);
}

TEST(Gather, TakesCallablesAndAwaitablesAndMoveOnlyValues) {
  weft::run(
      []() -> task<> {
        auto got = co_await weft::gather([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); },
                                         weft::sleep(1ms), give(2, 2ms));
        EXPECT_EQ(*std::get<0>(got), 5);
        EXPECT_EQ(std::get<2>(got), 2);
      },
      simulated);
}

TEST(Gather, TheFirstFailureInTimeStopsTheOthersAndComesOut) {
  weft::run(
      []() -> task<> {
        const auto begun = weft::now();
        try {
          co_await weft::gather(fail("late", 20ms), fail("early", 10ms), give(1, 1h));
          ADD_FAILURE() << "unreachable";
        } catch (const std::runtime_error& e) {
          EXPECT_STREQ(e.what(), "early");
        }
        EXPECT_EQ(weft::now() - begun, 10ms);
      },
      simulated);
}

TEST(Gather, ReturnExceptionsGivesEachAResult) {
  weft::run(
      []() -> task<> {
        auto lost = weft::create_task(give(3, 1h));
        co_await weft::checkpoint();
        lost.cancel();
        const auto [a, b, c] = co_await weft::gather(weft::return_exceptions, give(1, 2ms), fail("b", 1ms), lost);
        EXPECT_EQ(*a, 1);
        EXPECT_EQ(weft::what(b.error()), "b");
        EXPECT_THROW((void)c.value(), weft::cancelled_error);
      },
      simulated);
}

TEST(Gather, ItsChildrenAreNotAmongAllTasks) {
  weft::run(
      []() -> task<> {
        co_await weft::gather(
            []() -> task<> {
              EXPECT_EQ(weft::all_tasks().size(), 1U);
              co_return;
            },
            nothing());
      },
      simulated);
}

TEST(Gather, OfManyKeepsTheirOrder) {
  weft::run(
      []() -> task<> {
        std::vector<task<int>> work;
        for (int i = 0; i != 100; ++i) work.push_back(give(i, (100 - i) * 1ms));
        const std::vector<int> values = co_await weft::gather(std::move(work));
        for (int i = 0; i != 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
      },
      simulated);
}

}  // namespace
