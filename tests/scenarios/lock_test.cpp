#include <support/scenario.hpp>

using namespace scenario;

TEST(Lock, s119_lock_fifo) {
  auto job = [](std::string name, weft::lock& lock) -> weft::task<> {
    log(name, " wants");
    {
      auto held = co_await lock.acquire();
      log(name, " has");
      co_await sleep(10);
    }
    log(name, " left");
  };
  expect_trace(R"(
0 A wants
0 A has
0 B wants
0 C wants
10 A left
10 B has
20 B left
20 C has
30 C left
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 co_await weft::with(weft::task_group{}, [&](weft::task_group& g) -> weft::task<> {
                   for (const char* n : {"A", "B", "C"}) g.create_task(job(n, lock));
                   co_return;
                 });
               });
}

TEST(Lock, s121_lock_reacquire_loop) {
  auto worker = [](std::string name, weft::lock& lock) -> weft::task<> {
    for (int i = 0; i < 3; ++i) {
      auto held = co_await lock.acquire();
      log(name, i);
      co_await sleep(10);
      held.unlock();
    }
  };
  expect_trace(R"(
0 A0
10 B0
20 A1
30 B1
40 A2
50 B2
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 co_await weft::gather(worker("A", lock), worker("B", lock));
               });
}

TEST(Lock, s122_lock_cancel_waiter) {
  auto job = [](std::string name, weft::lock& lock) -> weft::task<> {
    const log_at_stop stopped{name + " cancelled"};
    auto held = co_await lock.acquire();
    log(name, " has");
  };
  expect_trace(R"(
10 B cancelled
20 A cancelled
20 C has
20 cancelled cancelled value None
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 auto held = co_await lock.acquire();
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(job(n, lock), n));
                 co_await sleep(10);
                 ts[1].cancel();
                 co_await sleep(10);
                 ts[0].cancel();
                 held.unlock();
                 co_await weft::wait(ts);
                 log(outcomes(ts));
               });
}

TEST(Lock, s124_lock_misuse) {
  auto other = [](weft::lock& lock) -> weft::task<> {
    lock.release();
    log("released by another task");
    co_return;
  };
  expect_trace(R"(
0 RuntimeError
10 second acquire blocks
10 released by another task
10 locked False
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 try {
                   lock.release();
                 } catch (const std::logic_error&) {
                   log("RuntimeError");
                 }
                 auto held = co_await lock.acquire();
                 held.detach();
                 try {
                   auto again = co_await weft::wait_for(lock.acquire(), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("second acquire blocks");
                 }
                 co_await spawn(other(lock), "O");
                 log("locked ", lock.locked());
               });
}

TEST(Lock, s125_lock_exception_releases) {
  auto job = [](weft::lock& lock, bool fail) -> weft::task<> {
    auto held = co_await lock.acquire();
    if (fail) throw value_error{"in lock"};
    co_await sleep(1000);
  };
  expect_trace(R"(
0 locked False
10 locked True
10 locked False
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 try {
                   co_await job(lock, true);
                 } catch (const value_error&) {
                   log("locked ", lock.locked());
                 }
                 auto t = spawn(job(lock, false), "T");
                 co_await sleep(10);
                 log("locked ", lock.locked());
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log("locked ", lock.locked());
               });
}
