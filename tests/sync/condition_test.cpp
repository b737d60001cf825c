#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> wait_at(std::string name, weft::condition& c) {
  auto held = co_await c.acquire();
  const at_stop stopped{[&] { log(name, " stopped, locked ", c.locked()); }};
  co_await c.wait(held);
  log(name, " goes, owns ", held.owns_lock());
}

weft::task<> notify_one(weft::condition& c) {
  auto held = co_await c.acquire();
  c.notify_one();
}

}  // namespace

TEST(Condition, PassesTheNotificationOnIfTheNotifiedOneIsStopped) {
  expect_trace(R"(
0 A stopped, locked True
0 B goes, owns True
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto a = spawn(wait_at("A", c), "A");
                 auto b = spawn(wait_at("B", c), "B");
                 co_await sleep(0);
                 co_await notify_one(c);
                 a.cancel();
                 co_await b;
               });
}

TEST(Condition, PassesItOnAlsoIfTheStopComesWhileTheLockIsTakenAgain) {
  expect_trace(R"(
20 A stopped, locked True
20 B goes, owns True
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto a = spawn(wait_at("A", c), "A");
                 auto b = spawn(wait_at("B", c), "B");
                 co_await sleep(0);
                 {
                   auto held = co_await c.acquire();
                   c.notify_one();
                   co_await sleep(10);
                   a.cancel();  // stands in line for the lock by now
                   co_await sleep(10);
                 }
                 co_await b;
               });
}

TEST(Condition, WakesNobodyIfTheStoppedOneHadNotBeenNotified) {
  // COND-06, -08: CPython 3.13 wakes B here, without a cause.
  expect_trace(R"(
10 A stopped, locked True
20 B goes, owns True
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto a = spawn(wait_at("A", c), "A");
                 auto b = spawn(wait_at("B", c), "B");
                 co_await sleep(10);
                 a.cancel();
                 co_await sleep(10);
                 co_await notify_one(c);
                 co_await b;
               });
}

TEST(Condition, AStoppedWaiterStandsInLineForTheLock) {
  expect_trace(R"(
10 B has
20 A stopped, locked True
20 C has
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto take = [&](std::string name) -> weft::task<> {
                   auto held = co_await c.acquire();
                   log(name, " has");
                   co_await sleep(10);
                 };
                 auto a = spawn(wait_at("A", c), "A");
                 co_await sleep(0);
                 auto held = co_await c.acquire();
                 auto b = spawn(take("B"), "B");
                 co_await sleep(0);
                 a.cancel();
                 co_await sleep(0);
                 auto d = spawn(take("C"), "C");
                 co_await sleep(10);
                 held.unlock();
                 co_await d;
               });
}

TEST(Condition, GivesTheLockBackBeforeATimeoutComesOut) {
  expect_trace(R"(
10 timeout, owns True, locked True
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto held = co_await c.acquire();
                 try {
                   co_await weft::wait_for(c.wait(held), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("timeout, owns ", held.owns_lock(), ", locked ", c.locked());
                 }
               });
}

TEST(Condition, TestsThePredicateAtOnceAndAfterEachNotification) {
  expect_trace(R"(
0 test 0
10 test 1
20 test 2
20 got 2
20 test 2
20 at once 2
)",
               []() -> weft::task<> {
                 weft::condition c;
                 int value = 0;
                 auto test = [&] {
                   log("test ", value);
                   EXPECT_TRUE(c.locked());
                   return value >= 2 ? value : 0;
                 };
                 auto waiter = spawn(
                     [&]() -> weft::task<> {
                       auto held = co_await c.acquire();
                       int got = co_await c.wait(held, test);
                       log("got ", got);
                       got = co_await c.wait(held, test);
                       log("at once ", got);
                     },
                     "W");
                 for (int i = 0; i < 2; ++i) {
                   co_await sleep(10);
                   auto held = co_await c.acquire();
                   ++value;
                   c.notify_all();
                 }
                 co_await waiter;
               });
}

TEST(Condition, AnErrorOfThePredicateComesOutWithTheLockHeld) {
  expect_trace(R"(
0 ValueError(at once) True
10 ValueError(later) True
)",
               []() -> weft::task<> {
                 weft::condition c;
                 auto held = co_await c.acquire();
                 try {
                   co_await c.wait(held, []() -> bool { throw value_error{"at once"}; });
                 } catch (const value_error&) {
                   log(show_current(), " ", held.owns_lock());
                 }
                 auto notifier = spawn(
                     [&]() -> weft::task<> {
                       co_await sleep(10);
                       co_await notify_one(c);
                     },
                     "N");
                 int calls = 0;
                 try {
                   co_await c.wait(held, [&] {
                     if (++calls == 2) throw value_error{"later"};
                     return false;
                   });
                 } catch (const value_error&) {
                   log(show_current(), " ", held.owns_lock());
                 }
                 co_await notifier;
               });
}

TEST(Condition, RefusesToBeUsedWithoutItsLock) {
  expect_trace(R"(
0 RuntimeError
0 RuntimeError
0 RuntimeError
0 RuntimeError
)",
               []() -> weft::task<> {
                 weft::condition c;
                 weft::lock other;
                 weft::lock::guard nothing;
                 auto others = co_await other.acquire();
                 try {
                   c.notify_one();
                 } catch (const std::logic_error&) {
                   log(show_current());
                 }
                 try {
                   co_await c.wait(nothing);
                 } catch (const std::logic_error&) {
                   log(show_current());
                 }
                 try {
                   co_await c.wait(others, [] { return true; });
                 } catch (const std::logic_error&) {
                   log(show_current());
                 }
                 try {
                   c.release();
                 } catch (const std::logic_error&) {
                   log(show_current());
                 }
               });
}

TEST(Condition, TornDownWhileItWaitsLeavesTheLockToItsHolder) {
  weft::condition c;
  EXPECT_THROW(weft::run(
                   [&]() -> weft::task<> {
                     auto waiter = spawn(wait_at("A", c), "A");
                     co_await sleep(0);
                     auto held = co_await c.acquire();
                     held.detach();
                     waiter.cancel();  // can never end: nobody will release the lock
                     co_await waiter;
                   },
                   {.clock = weft::clock_mode::simulated}),
               weft::deadlock_error);
  EXPECT_TRUE(c.locked());
}
