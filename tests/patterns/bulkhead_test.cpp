#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::bulkhead;
using weft::task;

task<> work(bulkhead& part, std::string name) {
  std::string end = " done";
  try {
    co_await part.call([&]() -> task<> {
      log(name, " begins");
      co_await sleep(10);
    });
  } catch (const weft::bulkhead_full_error& e) {
    end = std::string{": "} + e.what();
  }
  log(name, end);
}

}  // namespace

TEST(Bulkhead, LimitsWhatRunsAndWhatWaits) {
  expect_trace(R"(
0 A begins
0 C: the bulkhead "reports" is full: 1 calls run and 1 wait
10 A done
10 B begins
20 B done
)",
               []() -> task<> {
                 bulkhead part{{.max_running = 1, .max_waiting = 1, .name = "reports"}};
                 co_await weft::gather(work(part, "A"), work(part, "B"), work(part, "C"));
                 EXPECT_TRUE(part.idle());
                 EXPECT_EQ(part.statistics().admitted, 2U);
                 EXPECT_EQ(part.statistics().refused, 1U);
               });
}

TEST(Bulkhead, LimitsHowLongOneWaits) {
  expect_trace(R"(
0 A begins
5 B: the bulkhead is full: no place was free for 5 ms
10 A done
)",
               []() -> task<> {
                 bulkhead part{{.max_running = 1, .max_waiting = 1, .max_wait = 5ms}};
                 co_await weft::gather(work(part, "A"), work(part, "B"));
               });
}

TEST(Bulkhead, HoldsAPlaceByHand) {
  weft::run(
      []() -> task<> {
        bulkhead part{{.max_running = 1}};
        {
          bulkhead::permit place = co_await part.acquire();
          EXPECT_EQ(part.statistics().running, 1U);
          EXPECT_FALSE(part.idle());
          bool refused = false;
          try {
            (void)co_await part.acquire();
          } catch (const weft::bulkhead_full_error&) {
            refused = true;
          }
          EXPECT_TRUE(refused);
        }
        EXPECT_TRUE(part.idle());
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Bulkhead, RefusesWhatMakesNoSense) {
  EXPECT_THROW(bulkhead{{.max_running = 0}}, std::invalid_argument);
  EXPECT_THROW(bulkhead{{.max_running = -3}}, std::invalid_argument);
  EXPECT_THROW(bulkhead{{.max_waiting = -1}}, std::invalid_argument);
  EXPECT_THROW(bulkhead{{.max_wait = -1ms}}, std::invalid_argument);
}

TEST(Bulkhead, AStopLosesNoPlace) {
  stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    auto part = std::make_shared<bulkhead>(weft::bulkhead_options{.max_running = 1, .max_waiting = 5});
    struct check {
      explicit check(std::shared_ptr<bulkhead> p) : part{std::move(p)} {}
      check(const check&) = delete;
      check& operator=(const check&) = delete;
      ~check() { EXPECT_TRUE(part->idle()); }
      std::shared_ptr<bulkhead> part;
    } const at_end{part};
    auto one = [&]() -> task<> {
      co_await part->call([&]() -> task<> {
        const stop_injection::ledger::item here{kept};
        co_await sleep(1);
      });
    };
    co_await weft::gather(one, one, one);
  });
}
