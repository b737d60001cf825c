#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> take(std::string name, weft::semaphore& sem) {
  const log_at_stop stopped{name + " stopped"};
  auto permit = co_await sem.acquire();
  permit.detach();
  log(name, " has");
}

}  // namespace

TEST(Semaphore, HandsThePermitOnWhenItsNewOwnerIsStopped) {
  expect_trace(R"(
0 A stopped
0 B has
)",
               []() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto a = spawn(take("A", sem), "A");
                 auto b = spawn(take("B", sem), "B");
                 co_await sleep(0);
                 sem.release();
                 a.cancel();
                 co_await b;
               });
}

TEST(Semaphore, KeepsThePermitOfAStoppedOwnerIfNobodyWaits) {
  expect_trace(R"(
0 locked True
0 A stopped
0 locked False
)",
               []() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto a = spawn(take("A", sem), "A");
                 co_await sleep(0);
                 sem.release();
                 a.cancel();
                 log("locked ", sem.locked());
                 co_await sleep(0);
                 log("locked ", sem.locked());
               });
}

TEST(Semaphore, SkipsAWaiterThatIsStoppedBeforeTheRelease) {
  expect_trace(R"(
0 A stopped
0 B has
)",
               []() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto a = spawn(take("A", sem), "A");
                 auto b = spawn(take("B", sem), "B");
                 co_await sleep(0);
                 a.cancel();
                 sem.release();
                 co_await b;
               });
}

TEST(Semaphore, NobodyOvertakesAPermitOnItsWay) {
  expect_trace(R"(
0 locked True, try False
0 A has
0 B has
0 locked False
)",
               []() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto a = spawn(take("A", sem), "A");
                 co_await sleep(0);
                 auto b = spawn(take("B", sem), "B");
                 sem.release();
                 sem.release();
                 sem.release();  // two are free, but A, who has one, has not run yet
                 log("locked ", sem.locked(), ", try ", sem.try_acquire().has_value());
                 co_await b;
                 log("locked ", sem.locked());
               });
}

TEST(Semaphore, WakesThoseWhoWaitedOnlyForTheirTurn) {
  expect_trace(R"(
0 A stopped
0 B has
0 C has
0 locked True
)",
               []() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto a = spawn(take("A", sem), "A");
                 co_await sleep(0);
                 sem.release();
                 sem.release();
                 // They queue up behind A although a permit is free.
                 auto b = weft::create_task(take("B", sem), {.eager = true});
                 auto c = weft::create_task(take("C", sem), {.eager = true});
                 a.cancel();
                 co_await c;
                 log("locked ", sem.locked());
               });
}

TEST(Semaphore, CountsAndRefuses) {
  weft::semaphore sem{2};
  {
    auto a = sem.try_acquire();
    auto b = sem.try_acquire();
    EXPECT_TRUE(sem.locked());
    EXPECT_FALSE(sem.try_acquire());
    a->release();
    a->release();
    EXPECT_FALSE(sem.locked());
    const weft::semaphore::permit moved = std::move(*b);
    EXPECT_TRUE(moved);
    EXPECT_FALSE(*b);
  }
  int negative = -1;
  EXPECT_THROW(weft::semaphore(static_cast<std::size_t>(negative)), std::invalid_argument);
}

TEST(Semaphore, ABoundedOneRefusesToBeReleasedTooOften) {
  weft::bounded_semaphore sem{1};
  EXPECT_THROW(sem.release(), std::logic_error);
  {
    auto permit = sem.try_acquire();
    sem.release();
  }
  EXPECT_TRUE(sem.try_acquire());
  sem.try_acquire()->detach();
  EXPECT_TRUE(sem.locked());
  sem.release();
  EXPECT_THROW(sem.release(), std::logic_error);
}
