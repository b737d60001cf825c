#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <vector>
#include <weft/patterns.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using delays = std::vector<std::int64_t>;

delays first(int count, const weft::backoff_options& options) {
  weft::backoff b{options};
  delays got;
  for (int i = 0; i < count; ++i) got.push_back(b.next() / 1us);
  return got;
}

TEST(Backoff, GrowsUpToItsLimit) {
  EXPECT_EQ(first(6, {.base_delay = 1ms, .multiplier = 3, .max_delay = 50ms, .jitter = weft::jitter::none}),
            (delays{1000, 3000, 9000, 27000, 50000, 50000}));
  EXPECT_EQ(first(2, {.base_delay = 0ms, .jitter = weft::jitter::none}), (delays{0, 0}));
  EXPECT_EQ(first(2, {.base_delay = 5ms, .max_delay = 3ms, .jitter = weft::jitter::none}), (delays{3000, 3000}));
}

TEST(Backoff, NeverOverflows) {
  weft::backoff b{
      {.base_delay = 1h, .multiplier = 1e300, .max_delay = weft::clock::duration::max(), .jitter = weft::jitter::none}};
  EXPECT_EQ(b.next(), 1h);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(b.next(), weft::clock::duration::max());
}

TEST(Backoff, BeginsAnewAfterReset) {
  weft::backoff b{{.base_delay = 1ms, .jitter = weft::jitter::none}};
  (void)b.next();
  (void)b.next();
  b.reset();
  EXPECT_EQ(b.next(), 1ms);
}

TEST(Backoff, JitterStaysWithinItsBounds) {
  weft::seed_random(1);
  for (int round = 0; round < 1000; ++round) {
    const delays full = first(3, {.base_delay = 8ms, .max_delay = 20ms});
    const delays equal = first(3, {.base_delay = 8ms, .max_delay = 20ms, .jitter = weft::jitter::equal});
    const delays free = first(8, {.base_delay = 8ms, .max_delay = 20ms, .jitter = weft::jitter::decorrelated});
    constexpr std::int64_t most[] = {8000, 16000, 20000};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_GE(full[i], 0);
      EXPECT_LE(full[i], most[i]);
      EXPECT_GE(equal[i], most[i] / 2);
      EXPECT_LE(equal[i], most[i]);
    }
    EXPECT_LE(free[0], 20000);
    for (const std::int64_t d : free) {
      EXPECT_GE(d, 8000);
      EXPECT_LE(d, 20000);
    }
  }
}

TEST(Backoff, JitterCanBeRepeated) {
  weft::seed_random(7);
  const delays once = first(5, {});
  EXPECT_NE(first(5, {}), once);
  weft::seed_random(7);
  EXPECT_EQ(first(5, {}), once);
}

TEST(Backoff, JitterIsTheSameInEachSimulatedRun) {
  delays runs[2];
  for (delays& got : runs) {
    weft::run(
        [&]() -> weft::task<> {
          got = first(5, {});
          co_return;
        },
        {.clock = weft::clock_mode::simulated});
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(Backoff, RefusesWhatMakesNoSense) {
  EXPECT_THROW(weft::backoff{{.base_delay = -1ns}}, std::invalid_argument);
  EXPECT_THROW(weft::backoff{{.multiplier = 0.9}}, std::invalid_argument);
  EXPECT_THROW(weft::backoff{{.multiplier = std::numeric_limits<double>::quiet_NaN()}}, std::invalid_argument);
  EXPECT_THROW(weft::backoff{{.max_delay = -1ns}}, std::invalid_argument);
}

}  // namespace
