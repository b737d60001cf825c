#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::exit_reason;
using weft::finally;
using weft::with;

namespace {

template <class F>
auto run_simulated(F body) {
  return weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

}  // namespace

TEST(Finally, RunsAfterAValueAnErrorAndAStop) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto note = [&](exit_reason how) -> weft::task<> {
      co_await weft::sleep(5ms);
      trace += how.ok() ? "ok " : how.stopped() ? "stopped " : weft::what(how.error()) + " ";
    };
    const int value = co_await with(finally(note), []() -> weft::task<int> { co_return 4; });
    EXPECT_EQ(value, 4);
    bool thrown = false;
    try {
      co_await with(finally(note), []() -> weft::task<> {
        co_await weft::checkpoint();
        throw std::runtime_error{"error"};
      });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    auto work = weft::create_task(
        [&]() -> weft::task<> { co_await with(finally(note), []() -> weft::task<> { co_await weft::sleep(1h); }); });
    co_await weft::checkpoint();
    work.cancel();
    co_await weft::sleep(1s);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(trace, "ok error stopped ");
}

TEST(Finally, IsOutOfReachOfStopsWhichAreNoticedAfterwards) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto work = weft::create_task([&]() -> weft::task<> {
      auto cleanup = [&]() -> weft::task<> {
        co_await weft::sleep(10ms);
        trace += "cleaned ";
      };
      co_await with(finally(cleanup), []() -> weft::task<> { co_return; });
      trace += "behind ";  // the block itself had ended
      co_await weft::checkpoint();
      trace += "unreachable ";
    });
    co_await weft::sleep(5ms);
    work.cancel();
    co_await weft::sleep(1s);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(trace, "cleaned behind ");
}

TEST(Finally, WithALimitStopsCleanUpThatTakesTooLong) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto cleanup = [&]() -> weft::task<> {
      trace += "begins ";
      co_await weft::sleep(1h);
      trace += "unreachable ";
    };
    bool timed_out = false;
    try {
      co_await with(finally(cleanup, 20ms), []() -> weft::task<> { co_return; });
    } catch (const weft::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(weft::now().time_since_epoch(), 20ms);

    auto quick = [&]() -> weft::task<> {
      co_await weft::sleep(1ms);
      trace += "quick ";
    };
    co_await with(finally(quick, 20ms), []() -> weft::task<> { co_return; });
  });
  EXPECT_EQ(trace, "begins quick ");
}

TEST(Finally, OwnsItsCallable) {
  run_simulated([]() -> weft::task<> {
    auto number = std::make_shared<int>(1);
    const std::weak_ptr<int> left = number;
    auto cleanup = [number]() -> weft::task<> {
      co_await weft::sleep(1ms);
      ++*number;
    };
    auto work = with(finally(std::move(cleanup)), []() -> weft::task<> { co_await weft::sleep(1ms); });
    co_await std::move(work);
    EXPECT_EQ(*number, 2);
    EXPECT_EQ(left.use_count(), 1);
  });
}
