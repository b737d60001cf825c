#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

TEST(Shield, OfATaskDelaysTheStopToItsEnd) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        auto saver = weft::create_task([&]() -> task<> {
          co_await weft::shield([&]() -> task<> {
            co_await weft::sleep(10ms);
            trace += "saved ";
          });
          trace += "unreachable ";
        });
        co_await weft::sleep(1ms);
        saver.cancel();
        co_await weft::wait(std::vector(1, saver));
        EXPECT_TRUE(saver.cancelled());
        EXPECT_EQ(weft::now().time_since_epoch(), 10ms);
      },
      simulated);
  EXPECT_EQ(trace, "saved ");
}

TEST(Shield, OfATaskLetsItsErrorWin) {
  weft::run(
      []() -> task<> {
        auto saver = weft::create_task([]() -> task<> {
          co_await weft::shield([]() -> task<> {
            co_await weft::sleep(10ms);
            throw std::runtime_error{"disk full"};
          });
        });
        co_await weft::sleep(1ms);
        saver.cancel();
        co_await weft::wait(std::vector(1, saver));
        EXPECT_EQ(weft::what(saver.exception()), "disk full");
      },
      simulated);
}

TEST(Shield, OfATaskIsNotShortenedByALimit) {
  weft::run(
      []() -> task<> {
        try {
          co_await weft::wait_for(weft::shield(weft::sleep(10ms)), 1ms);
          ADD_FAILURE() << "unreachable";
        } catch (const weft::timeout_error&) {
        }
        EXPECT_EQ(weft::now().time_since_epoch(), 10ms);
      },
      simulated);
}

TEST(Shield, OfAHandleLeavesAtOnceAndTheTaskGoesOn) {
  weft::run(
      []() -> task<> {
        auto saving = weft::create_task([]() -> task<int> {
          co_await weft::sleep(10ms);
          co_return 4;
        });
        try {
          co_await weft::wait_for(weft::shield(saving), 1ms);
          ADD_FAILURE() << "unreachable";
        } catch (const weft::timeout_error&) {
        }
        EXPECT_EQ(weft::now().time_since_epoch(), 1ms);
        const int saved = co_await weft::shield(saving);
        EXPECT_EQ(saved, 4);
      },
      simulated);
}

TEST(Shield, OfAHandleThrowsIfTheTaskIsCancelled) {
  weft::run(
      []() -> task<> {
        auto lost = weft::create_task(weft::sleep(1h));
        weft::this_loop().call_later(1ms, [lost] { lost.cancel(); });
        try {
          co_await weft::shield(lost);
          ADD_FAILURE() << "unreachable";
        } catch (const weft::cancelled_error&) {
        }
        co_await weft::checkpoint();  // it is not being stopped itself
      },
      simulated);
}

TEST(Shield, OfAHandleInAGatherLetsTheTaskGoOn) {
  weft::run(
      []() -> task<> {
        auto saving = weft::create_task([]() -> task<int> {
          co_await weft::sleep(10ms);
          co_return 4;
        });
        auto gathering =
            weft::create_task([saving]() -> task<> { co_await weft::gather(weft::shield(saving), weft::sleep(1h)); });
        co_await weft::sleep(1ms);
        gathering.cancel();
        co_await weft::wait(std::vector(1, gathering));
        EXPECT_TRUE(gathering.cancelled());
        EXPECT_FALSE(saving.done());
        const int saved = co_await saving;
        EXPECT_EQ(saved, 4);
      },
      simulated);
}

TEST(Shield, OfAHandleThrowsWhatTheTaskThrows) {
  weft::run(
      []() -> task<> {
        auto failing = weft::create_task([]() -> task<> {
          co_await weft::sleep(1ms);
          throw std::runtime_error{"disk full"};
        });
        std::string error;
        try {
          co_await weft::shield(failing);
        } catch (const std::runtime_error& e) {
          error = e.what();
        }
        EXPECT_EQ(error, "disk full");
      },
      simulated);
}

TEST(Shield, OfAFutureLeavesItToItsOtherAwaiters) {
  weft::run(
      []() -> task<> {
        weft::promise<int> promise;
        weft::future<int> future = promise.get_future();
        auto impatient = weft::create_task([future]() -> task<> { co_await weft::shield(future); });
        co_await weft::sleep(1ms);
        impatient.cancel();
        co_await weft::wait(std::vector(1, impatient));
        EXPECT_FALSE(future.done());
        promise.set_value(7);
        const int value = co_await weft::shield(future);
        EXPECT_EQ(value, 7);
      },
      simulated);
}

}  // namespace
