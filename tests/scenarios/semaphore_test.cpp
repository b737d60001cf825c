#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> take_and_keep(std::string name, weft::semaphore& sem) {
  const log_at_stop stopped{name + " cancelled"};
  auto permit = co_await sem.acquire();
  permit.detach();
  log(name, " has");
}

std::vector<weft::task_handle<void>> spawn_takers(weft::semaphore& sem, std::vector<const char*> names) {
  std::vector<weft::task_handle<void>> tasks;
  for (const char* n : names) tasks.push_back(spawn(take_and_keep(n, sem), n));
  return tasks;
}

}  // namespace

TEST(Semaphore, s127_sem_limit) {
  auto job = [](std::string name, weft::semaphore& sem, int ms) -> weft::task<> {
    auto permit = co_await sem.acquire();
    log(name, " in");
    co_await sleep(ms);
    log(name, " out");
  };
  expect_trace(R"(
0 J0 in
0 J1 in
10 J1 out
10 J2 in
30 J0 out
30 J3 in
45 J3 out
45 J4 in
60 J2 out
70 J4 out
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{2};
                 co_await weft::with(weft::task_group{}, [&](weft::task_group& g) -> weft::task<> {
                   int i = 0;
                   for (int ms : {30, 10, 50, 15, 25}) g.create_task(job("J" + std::to_string(i++), sem, ms));
                   co_return;
                 });
               });
}

TEST(Semaphore, s128_sem_handover) {
  auto waiter = [](weft::semaphore& sem) -> weft::task<> {
    auto permit = co_await sem.acquire();
    log("waiter has");
    co_await sleep(10);
    permit.release();
  };
  expect_trace(R"(
10 locked True
10 waiter has
20 main has
20 locked False
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{1};
                 auto permit = co_await sem.acquire();
                 auto w = spawn(waiter(sem), "W");
                 co_await sleep(10);
                 permit.release();
                 log("locked ", sem.locked());
                 permit = co_await sem.acquire();
                 log("main has");
                 permit.release();
                 log("locked ", sem.locked());
                 co_await w;
               });
}

TEST(Semaphore, s130_sem_cancel_then_release) {
  expect_trace(R"(
10 A cancelled
10 B has
10 C has
10 locked True
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto ts = spawn_takers(sem, {"A", "B", "C"});
                 co_await sleep(10);
                 ts[0].cancel();
                 sem.release();
                 sem.release();
                 co_await weft::wait(ts);
                 log("locked ", sem.locked());
               });
}

TEST(Semaphore, s131_sem_multi_release) {
  expect_trace(R"(
10 released three
10 A has
10 B has
10 C has
20 D has
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto ts = spawn_takers(sem, {"A", "B", "C", "D"});
                 co_await sleep(10);
                 sem.release();
                 sem.release();
                 sem.release();
                 log("released three");
                 co_await sleep(10);
                 sem.release();
                 co_await weft::wait(ts);
               });
}

TEST(Semaphore, s133_sem_exception) {
  auto job = [](weft::semaphore& sem, bool fail) -> weft::task<> {
    auto permit = co_await sem.acquire();
    if (fail) throw value_error{"x"};
    co_await sleep(1000);
  };
  expect_trace(R"(
0 locked False
10 locked False
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{1};
                 try {
                   co_await job(sem, true);
                 } catch (const value_error&) {
                   log("locked ", sem.locked());
                 }
                 auto t = spawn(job(sem, false), "T");
                 co_await sleep(10);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log("locked ", sem.locked());
               });
}

TEST(Semaphore, s134_sem_fifo_mixed) {
  auto job = [](std::string name, weft::semaphore& sem, int rounds) -> weft::task<> {
    for (int i = 0; i < rounds; ++i) {
      auto permit = co_await sem.acquire();
      log(name, i);
      co_await sleep(0);
    }
  };
  expect_trace(R"(
0 A0
0 B0
0 C0
0 A1
0 B1
0 C1
0 A2
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{1};
                 co_await weft::gather(job("A", sem, 3), job("B", sem, 2), job("C", sem, 2));
               });
}

TEST(Semaphore, s212_sem_release_cancel_chain) {
  expect_trace(R"(
10 A cancelled
10 B cancelled
10 C has
10 D has
20 locked True pending
20 E has
)",
               [&]() -> weft::task<> {
                 weft::semaphore sem{0};
                 auto ts = spawn_takers(sem, {"A", "B", "C", "D", "E"});
                 co_await sleep(10);
                 sem.release();
                 sem.release();
                 ts[0].cancel();
                 ts[1].cancel();
                 co_await sleep(10);
                 log("locked ", sem.locked(), " ", outcome(ts[4]));
                 sem.release();
                 co_await weft::wait(ts);
               });
}
