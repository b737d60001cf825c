#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> wait_for(std::string name, weft::event& event) {
  const log_at_stop stopped{name + " stopped"};
  co_await event.wait();
  log(name, " goes");
}

}  // namespace

TEST(Event, WakesAllInOrderAndLetsLaterOnesPass) {
  expect_trace(R"(
0 A goes
0 B goes
0 passes
)",
               []() -> weft::task<> {
                 weft::event event;
                 auto a = spawn(wait_for("A", event), "A");
                 auto b = spawn(wait_for("B", event), "B");
                 co_await sleep(0);
                 event.set();
                 event.set();
                 EXPECT_TRUE(event.is_set());
                 co_await b;
                 co_await event.wait();
                 log("passes");
                 event.clear();
                 event.clear();
                 EXPECT_FALSE(event.is_set());
               });
}

TEST(Event, AStopWinsBeforeAndAfterSet) {
  expect_trace(R"(
0 A stopped
0 B stopped
0 C goes
)",
               []() -> weft::task<> {
                 weft::event event;
                 auto a = spawn(wait_for("A", event), "A");
                 auto b = spawn(wait_for("B", event), "B");
                 auto c = spawn(wait_for("C", event), "C");
                 co_await sleep(0);
                 a.cancel();
                 event.set();
                 b.cancel();
                 co_await c;
               });
}

TEST(Event, WaitsAreNamedWhenNothingCanHappen) {
  try {
    weft::run(
        []() -> weft::task<> {
          weft::event event;
          co_await event.wait();
        },
        {.clock = weft::clock_mode::simulated});
    ADD_FAILURE();
  } catch (const weft::deadlock_error& e) {
    EXPECT_NE(std::string{e.what()}.find("event.wait"), std::string::npos) << e.what();
  }
}

TEST(Event, SetByATaskThatIsTornDownLetsAnotherOnesCleanUpEnd) {
  std::string trace;
  weft::event never;
  weft::event torn_down;
  struct setter {
    explicit setter(weft::event& event) : e{event} {}
    ~setter() { e.set(); }
    weft::event& e;
  };
  auto waiting = [&]() -> weft::task<> {
    auto cleanup = [&]() -> weft::task<> {
      co_await torn_down.wait();
      trace += "cleaned up";
    };
    co_await weft::with(weft::finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
  };
  auto stuck = [&]() -> weft::task<> {
    auto cleanup = [&]() -> weft::task<> {
      const setter last{torn_down};
      co_await never.wait();
    };
    co_await weft::with(weft::finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
  };
  weft::run(
      [&]() -> weft::task<> {
        weft::create_task(waiting());
        weft::create_task(stuck());
        co_await sleep(1);
      },
      {.clock = weft::clock_mode::simulated});
  EXPECT_EQ(trace, "cleaned up");
}
