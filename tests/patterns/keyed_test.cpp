#include <support/scenario.hpp>
#include <weft/patterns.hpp>

using namespace scenario;
using weft::task;

namespace {
template <class F>
void simulated(F main) {
  weft::run(main, {.clock = weft::clock_mode::simulated});
}
}  // namespace

TEST(Keyed, EachKeyHasItsOwnRate) {
  expect_trace(R"(
0 a
0 b
1000 a
)",
               []() -> task<> {
                 weft::keyed_rate_limiter<> limits{{.rate = 1}};
                 for (const char* host : {"a", "b", "a"}) {
                   co_await limits.acquire(host);
                   log(host);
                 }
                 EXPECT_FALSE(limits.try_acquire("a"));
                 EXPECT_TRUE(limits.try_acquire("c"));
               });
}

TEST(Keyed, DropsWhatIsNoDifferentFromNew) {
  simulated([]() -> task<> {
    weft::keyed_rate_limiter<int> limits{{.rate = 1}};
    for (int key = 0; key < 64; ++key) co_await limits.acquire(key);
    EXPECT_EQ(limits.size(), 64U);
    co_await limits.acquire(64);
    EXPECT_EQ(limits.size(), 65U);  // none was idle
    co_await weft::sleep(1s);
    const auto held = limits.of(1);
    limits.drop_idle();
    EXPECT_EQ(limits.size(), 1U);
    // In a long run the number of keys stays bounded.
    for (int key = 100; key < 10'000; ++key) {
      co_await limits.acquire(key);
      if (key % 50 == 0) co_await weft::sleep(1s);
    }
    EXPECT_LT(limits.size(), 256U);
  });
}

TEST(Keyed, OneInUseIsKept) {
  expect_trace(R"(
1000 got
)",
               []() -> task<> {
                 weft::keyed_rate_limiter<> limits{{.rate = 1}};
                 co_await limits.acquire("a");
                 auto waits = weft::create_task([&]() -> task<> {
                   co_await limits.acquire("a");
                   log("got");
                 });
                 co_await sleep(1);
                 limits.drop_idle();
                 EXPECT_EQ(limits.size(), 1U);
                 co_await waits;
               });
}

TEST(Keyed, BreakersAndBulkheads) {
  simulated([]() -> task<> {
    weft::keyed<weft::circuit_breaker> breakers{{.max_failures = 1}};
    std::string got;
    for (int i = 0; i < 2; ++i) {
      try {
        co_await breakers.call("a", []() -> task<> {
          throw value_error{};
          co_return;
        });
      } catch (...) {
        got += show_current() + " ";
      }
    }
    EXPECT_EQ(got, "ValueError exception(the circuit is open: the next attempt is in 30 s) ");
    const int other = co_await breakers.call("b", []() -> task<int> { co_return 3; });
    EXPECT_EQ(other, 3);
    breakers.drop_idle();
    EXPECT_EQ(breakers.size(), 1U);

    weft::keyed<weft::bulkhead, int> parts{{.max_running = 1}};
    co_await parts.call(1, []() -> task<> { co_return; });
    parts.drop_idle();
    EXPECT_EQ(parts.size(), 0U);
  });
}

TEST(Keyed, RefusesBadOptionsAtOnce) {
  EXPECT_THROW(weft::keyed_rate_limiter<>{{.rate = 0}}, std::invalid_argument);
  weft::keyed_rate_limiter<> limits;
  EXPECT_THROW((void)limits.acquire("a", 2), std::invalid_argument);
}
