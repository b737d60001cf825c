#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> pass(std::string name, weft::barrier& barrier) {
  const log_at_stop stopped{name + " stopped"};
  try {
    const std::size_t i = co_await barrier.wait();
    log(name, " passes with ", i);
  } catch (const weft::broken_barrier_error&) {
    log(name, " broken");
  }
}

}  // namespace

TEST(Barrier, AStopBeforeTheLastArrivalLeavesTheCount) {
  expect_trace(R"(
0 A stopped
0 waiting 1
0 C passes with 1
0 B passes with 0
)",
               []() -> weft::task<> {
                 weft::barrier barrier{2};
                 auto a = spawn(pass("A", barrier), "A");
                 co_await sleep(0);
                 a.cancel();
                 co_await sleep(0);
                 auto b = spawn(pass("B", barrier), "B");
                 co_await sleep(0);
                 log("waiting ", barrier.n_waiting());
                 auto c = spawn(pass("C", barrier), "C");
                 co_await b;
                 EXPECT_TRUE(c.done());
               });
}

TEST(Barrier, AStopAfterTheLastArrivalDoesNotHoldUpTheOthers) {
  expect_trace(R"(
0 main passes with 2
0 A stopped
0 B passes with 1
0 waiting 0
)",
               []() -> weft::task<> {
                 weft::barrier barrier{3};
                 auto a = spawn(pass("A", barrier), "A");
                 auto b = spawn(pass("B", barrier), "B");
                 co_await sleep(0);
                 co_await pass("main", barrier);
                 a.cancel();
                 co_await b;
                 log("waiting ", barrier.n_waiting());
               });
}

TEST(Barrier, EarlyArrivalsOfTheNextRoundWaitForTheDrain) {
  expect_trace(R"(
0 main passes with 1
0 draining: waiting 0
0 A passes with 0
0 C passes with 1
0 B passes with 0
)",
               []() -> weft::task<> {
                 weft::barrier barrier{2};
                 auto a = spawn(pass("A", barrier), "A");
                 co_await sleep(0);
                 co_await pass("main", barrier);
                 auto b = weft::create_task(pass("B", barrier), {.eager = true});
                 log("draining: waiting ", barrier.n_waiting());
                 auto c = weft::create_task(pass("C", barrier), {.eager = true});
                 co_await a;
                 co_await b;
               });
}

TEST(Barrier, AbortAndReset) {
  expect_trace(R"(
0 A broken
0 B broken
0 C broken
0 broken False, parties 2
)",
               []() -> weft::task<> {
                 weft::barrier barrier{2};
                 auto a = spawn(pass("A", barrier), "A");
                 co_await sleep(0);
                 barrier.abort();
                 EXPECT_TRUE(barrier.broken());
                 co_await a;
                 co_await pass("B", barrier);
                 barrier.reset();
                 auto c = spawn(pass("C", barrier), "C");
                 co_await sleep(0);
                 EXPECT_EQ(barrier.n_waiting(), 1u);
                 barrier.reset();
                 co_await c;
                 log("broken ", barrier.broken(), ", parties ", barrier.parties());
               });
}

TEST(Barrier, OfOneNeverWaits) {
  expect_trace(R"(
0 A passes with 0
0 A passes with 0
)",
               []() -> weft::task<> {
                 weft::barrier barrier{1};
                 co_await pass("A", barrier);
                 co_await pass("A", barrier);
               });
  EXPECT_THROW(weft::barrier{0}, std::invalid_argument);
}
