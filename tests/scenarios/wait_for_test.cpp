#include <support/scenario.hpp>

// asyncio.wait_for, as CPython's traces show it.

using namespace scenario;
using namespace std::chrono_literals;
using weft::exit_reason;
using weft::finally;
using weft::with;

TEST(WaitFor, s094_wf_in_time) {
  expect_trace(R"(
10 after 10
20 ValueError(job)
520 after 500
)",
               []() -> weft::task<> {
                 auto job = [](int ms, bool fail) -> weft::task<std::string> {
                   co_await sleep(ms);
                   if (fail) throw value_error{"job"};
                   co_return "after " + std::to_string(ms);
                 };
                 const std::string first = co_await weft::wait_for(job(10, false), 50ms);
                 log(first);
                 try {
                   co_await weft::wait_for(job(10, true), 50ms);
                 } catch (const value_error&) {
                   log(show_current());
                 }
                 const std::string last = co_await weft::wait_for(job(500, false), std::chrono::nanoseconds::max());
                 log(last);
               });
}

TEST(WaitFor, s095_wf_expires) {
  expect_trace(R"(
10 cleanup starts
40 cleanup ends
40 TimeoutError, job cancelled
)",
               []() -> weft::task<> {
                 auto job = []() -> weft::task<> {
                   auto cleanup = [](exit_reason how) -> weft::task<> {
                     if (!how.stopped()) co_return;
                     log("cleanup starts");
                     co_await sleep(30);
                     log("cleanup ends");
                   };
                   co_await with(finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 auto t = spawn(job, "J");
                 try {
                   co_await weft::wait_for(t, 10ms);
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError, job ", outcome(t));
                 }
               });
}

TEST(WaitFor, s097_wf_outer_cancel) {
  expect_trace(R"(
30 job cleaned
30 cancelled cancelled
)",
               []() -> weft::task<> {
                 auto job = []() -> weft::task<> {
                   auto cleanup = [](exit_reason how) -> weft::task<> {
                     if (!how.stopped()) co_return;
                     co_await sleep(20);
                     log("job cleaned");
                   };
                   co_await with(finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 auto j = spawn(job, "J");
                 auto w = spawn(weft::wait_for(j, 500ms), "W");
                 co_await sleep(10);
                 w.cancel();
                 const std::vector ended{w};
                 co_await weft::wait(ended);
                 log(outcome(j), " ", outcome(w));
               });
}

TEST(WaitFor, s098_wf_zero) {
  expect_trace(R"(
0 done
0 TimeoutError, never started
0 TimeoutError, future cancelled
)",
               []() -> weft::task<> {
                 auto job = []() -> weft::task<> {
                   log("unreachable");
                   co_return;
                 };
                 weft::promise<std::string> promise;
                 promise.set_value("done");
                 const weft::future<std::string> set = promise.get_future();
                 const std::string value = co_await weft::wait_for(set, 0s);
                 log(value);
                 try {
                   co_await weft::wait_for(job(), 0s);
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError, never started");
                 }
                 weft::promise<std::string> other;
                 const weft::future<std::string> pending = other.get_future();
                 try {
                   co_await weft::wait_for(pending, -1s);
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError, future ", pending.cancelled() ? "cancelled" : "pending");
                 }
               });
}

TEST(WaitFor, s100_wf_done_and_cancel) {
  expect_trace(R"(
0 got done
0 value done / cancelled
)",
               []() -> weft::task<> {
                 auto inner = []() -> weft::task<std::string> { co_return "done"; };
                 auto outer = [](weft::task_handle<std::string> t) -> weft::task<> {
                   const std::string value = co_await weft::wait_for(t, 100s);
                   log("got ", value);
                   co_await sleep(10);
                   log("reached the end");
                 };
                 auto i = spawn(inner, "I");
                 auto o = spawn(outer(i), "O");
                 co_await sleep(0);
                 o.cancel();
                 const std::vector ended{o};
                 co_await weft::wait(ended);
                 log(outcome(i), " / ", outcome(o));
               });
}

TEST(WaitFor, s101_wf_shield) {
  expect_trace(R"(
10 TimeoutError, job pending
50 job ends
50 value
)",
               []() -> weft::task<> {
                 auto job = []() -> weft::task<std::string> {
                   co_await sleep(50);
                   log("job ends");
                   co_return "value";
                 };
                 auto t = spawn(job, "J");
                 try {
                   co_await weft::wait_for(weft::shield(t), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError, job ", outcome(t));
                 }
                 const std::string value = co_await t;
                 log(value);
               });
}

TEST(WaitFor, s103_wf_lock_acquire) {
  expect_trace(R"(
10 A gave up
30 released
30 B got it
30 locked False
)",
               []() -> weft::task<> {
                 weft::lock lock;
                 auto holder = [&]() -> weft::task<> {
                   {
                     const weft::lock::guard held = co_await lock.acquire();
                     co_await sleep(30);
                   }
                   log("released");
                 };
                 auto try_lock = [&](std::string name, int ms) -> weft::task<> {
                   try {
                     const weft::lock::guard held =
                         co_await weft::wait_for(lock.acquire(), std::chrono::milliseconds{ms});
                     log(name, " got it");
                   } catch (const weft::timeout_error&) {
                     log(name, " gave up");
                   }
                 };
                 auto h = spawn(holder, "H");
                 co_await sleep(0);
                 co_await weft::gather(h, try_lock("A", 10), try_lock("B", 50));
                 log("locked ", lock.locked());
               });
}
