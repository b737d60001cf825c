#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> take(std::string name, weft::lock& lock, int ms = 0) {
  const log_at_stop stopped{name + " stopped"};
  auto held = co_await lock.acquire();
  log(name, " has");
  if (ms > 0) co_await sleep(ms);
}

}  // namespace

TEST(Lock, IsFreeUntilTheWokenOneRunsButNobodyOvertakes) {
  expect_trace(R"(
0 locked False, try False
0 A has
0 main has
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 auto a = spawn(take("A", lock), "A");
                 co_await sleep(0);
                 held.unlock();
                 log("locked ", lock.locked(), ", try ", lock.try_acquire().has_value());
                 held = co_await lock.acquire();
                 log("main has");
                 co_await a;
               });
}

TEST(Lock, WakesTheNextIfTheWokenOneIsStopped) {
  expect_trace(R"(
0 A stopped
0 B has
0 locked False
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 auto a = spawn(take("A", lock), "A");
                 auto b = spawn(take("B", lock), "B");
                 co_await sleep(0);
                 held.unlock();
                 a.cancel();
                 co_await b;
                 log("locked ", lock.locked());
               });
}

TEST(Lock, IsTakenAtOnceIfAllWaitersAreStopped) {
  expect_trace(R"(
0 main has
0 A stopped
0 B stopped
0 C has
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 auto a = spawn(take("A", lock), "A");
                 auto b = spawn(take("B", lock), "B");
                 co_await sleep(0);
                 a.cancel();
                 b.cancel();
                 held.unlock();
                 held = co_await lock.acquire();  // does not suspend
                 log("main has");
                 auto c = spawn(take("C", lock), "C");
                 co_await sleep(0);
                 co_await sleep(0);
                 held.unlock();
                 co_await c;
               });
}

TEST(Lock, IsNotLeftLyingWhenTheFirstInLineWasStoppedBeforeTheRelease) {
  expect_trace(R"(
0 A stopped
0 B has
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 auto a = spawn(take("A", lock), "A");
                 auto b = spawn(take("B", lock), "B");
                 co_await sleep(0);
                 a.cancel();
                 held.unlock();
                 co_await b;
               });
}

TEST(Lock, ReleasesWhenItsHolderIsStopped) {
  expect_trace(R"(
0 A has
5 A stopped
5 B has
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto a = spawn(take("A", lock, 100), "A");
                 auto b = spawn(take("B", lock), "B");
                 co_await sleep(5);
                 a.cancel();
                 co_await b;
               });
}

TEST(Lock, AWaitThatTimesOutLeavesTheLine) {
  expect_trace(R"(
10 timeout
20 B has
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 try {
                   auto second = co_await weft::wait_for(lock.acquire(), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("timeout");
                 }
                 auto b = spawn(take("B", lock), "B");
                 co_await sleep(10);
                 held.unlock();
                 co_await b;
               });
}

TEST(Lock, CanBeAcquiredByATaskOfItsOwn) {
  expect_trace(R"(
0 locked True
0 locked False
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 {
                   auto asking = weft::create_task(lock.acquire());
                   const weft::lock::guard held = co_await std::move(asking);
                   log("locked ", lock.locked());
                 }
                 log("locked ", lock.locked());
               });
}

TEST(Lock, GuardsMoveDetachAndRefuseMisuse) {
  weft::lock lock;
  weft::lock::guard held = *lock.try_acquire();
  weft::lock::guard moved = std::move(held);
  EXPECT_FALSE(held.owns_lock());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(moved.owns_lock());
  EXPECT_THROW(held.unlock(), std::logic_error);
  moved.unlock();
  EXPECT_FALSE(lock.locked());
  EXPECT_THROW(lock.release(), std::logic_error);

  lock.try_acquire()->detach();
  EXPECT_TRUE(lock.locked());
  lock.release();

  {
    const weft::lock::guard released_by_others = *lock.try_acquire();
    lock.release();
  }
  EXPECT_FALSE(lock.locked());
  weft::lock::guard again = *lock.try_acquire();
  lock.release();
  EXPECT_THROW(again.unlock(), std::logic_error);
}
