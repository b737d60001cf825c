#include <support/scenario.hpp>

namespace {

using namespace scenario;
using weft::exit_reason;
using weft::task;

TEST(Cancel, s028_cancel_before_start) {
  const auto victim = []() -> task<> {
    const log_at_stop unwound{"unreachable too"};
    log("unreachable");
    co_await sleep(10);
  };
  expect_trace(R"(
0 pending
0 cancelled
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 t.cancel();
                 log(outcome(t));
                 co_await weft::checkpoint();
                 log(outcome(t));
               });
}

TEST(Cancel, s029_cancel_chain) {
  const auto leaf = []() -> task<> {
    co_await weft::with(weft::finally([](exit_reason how) -> task<> {
                          if (!how.stopped()) co_return;
                          log("leaf cancelled");
                          co_await sleep(20);
                          log("leaf cleaned");
                        }),
                        []() -> task<> { co_await sleep(1000); });
  };
  const auto mid = [](weft::task_handle<void> t) -> task<> {
    const log_at_stop unwound{"mid unwinds"};
    co_await t;
  };
  expect_trace(R"(
10 leaf cancelled
30 leaf cleaned
30 mid unwinds
30 inner cancelled outer cancelled
)",
               [&]() -> task<> {
                 auto inner = spawn(leaf, "leaf");
                 auto outer = spawn(mid(inner), "mid");
                 co_await sleep(10);
                 outer.cancel();
                 co_await weft::wait(handles(outer));
                 log("inner ", outcome(inner), " outer ", outcome(outer));
               });
}

TEST(Cancel, s031_cancel_self_then_await) {
  const auto quick = []() -> task<int> { co_return 1; };
  // CANCEL-11: the stop cannot be caught, so it leaves main; CANCEL-13: no counter, cancelling() is a bool.
  expect_trace(R"(
0 plain await 1
0 done future 2
0 now
0 cancelling True
! CancelledError
)",
               [&]() -> task<> {
                 auto t = weft::current_task();
                 weft::promise<int> fut;
                 fut.set_value(2);
                 t.cancel();
                 log("plain await ", co_await quick());
                 log("done future ", co_await fut.get_future());
                 const at_stop noticed{[&] {
                   log("now");
                   log("cancelling ", t.cancelling());
                 }};
                 co_await weft::checkpoint();
                 log("unreachable");
               });
}

TEST(Cancel, s032_cancel_self_then_return) {
  const auto victim = []() -> task<std::string> {
    weft::current_task().cancel();
    log("returning");
    co_return "value";
  };
  // CANCEL-07: completion wins; asyncio drops the value and says "cancelled".
  expect_trace(R"(
0 returning
0 value value
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 co_await weft::wait(handles(t));
                 log(outcome(t));
               });
}

TEST(Cancel, s034_cancel_many_before) {
  const auto victim = []() -> task<int> {
    int n = 0;
    for (int i = 0; i != 3; ++i) {
      const at_stop noticed{[&] { log("error ", ++n); }};
      co_await sleep(30);
    }
    co_return n;
  };
  // CANCEL-09, -13: no counter, cancelling() is a bool. CANCEL-11: the victim cannot go on, so awaiting it throws.
  expect_trace(R"(
10 cancelling True
10 error 1
! CancelledError
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 co_await sleep(10);
                 t.cancel();
                 t.cancel();
                 t.cancel();
                 log("cancelling ", t.cancelling());
                 const int errors = co_await t;
                 log("errors ", errors, " cancelling ", t.cancelling());
               });
}

TEST(Cancel, s035_cancel_during_cleanup) {
  const auto victim = []() -> task<> {
    co_await weft::with(weft::finally([]() -> task<> {
                          log("cleanup starts");
                          const log_at_stop interrupted{"cleanup interrupted"};
                          co_await sleep(100);
                          log("cleanup ends");
                        }),
                        []() -> task<> { co_await sleep(1000); });
  };
  // CANCEL-10: clean-up runs masked, the second stop does not interrupt it. CANCEL-13: cancelling() is a bool.
  expect_trace(R"(
10 cleanup starts
110 cleanup ends
110 cancelled cancelling True
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 co_await sleep(10);
                 t.cancel();
                 co_await sleep(10);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t), " cancelling ", t.cancelling());
               });
}

TEST(Cancel, s037_cancel_uncancel) {
  const auto victim = []() -> task<std::string> {
    const at_stop noticed{[] { log("cancelling ", weft::current_task().cancelling()); }};
    co_await sleep(1000);
    co_await sleep(10);
    co_return "done";
  };
  // CANCEL-13: no counter, a stop is never taken back; the victim ends cancelled, and awaiting it throws.
  expect_trace(R"(
10 cancelling True
! CancelledError
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 co_await sleep(10);
                 t.cancel();
                 t.cancel();
                 log(co_await t);
               });
}

TEST(Cancel, s038_cancel_uncancel_withdraws) {
  const auto victim = [](weft::future<int> fut) -> task<int> {
    const log_at_stop delivered{"delivered"};
    co_return co_await fut;
  };
  // CANCEL-13: a stop is never taken back; the value that is on its way is lost to the victim (CANCEL-05).
  expect_trace(R"(
10 delivered
10 cancelled
)",
               [&]() -> task<> {
                 weft::promise<int> fut;
                 auto t = spawn(victim(fut.get_future()), "V");
                 co_await sleep(10);
                 fut.set_value(42);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t));
               });
}

TEST(Cancel, s040_cancel_unwind_order) {
  const auto scope = [](std::string name) -> weft::manager<std::string> {
    log("enter ", name);
    co_yield name;
    co_await sleep(10);
    log("exit ", name);
  };
  const auto victim = [&]() -> task<> {
    co_await weft::with(scope("outer"), [&]() -> task<> {
      co_await weft::with(scope("inner"), []() -> task<> { co_await sleep(1000); });
    });
  };
  expect_trace(R"(
0 enter outer
0 enter inner
15 exit inner
25 exit outer
25 cancelled
)",
               [&]() -> task<> {
                 auto t = spawn(victim, "V");
                 co_await sleep(5);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t));
               });
}

TEST(Cancel, s041_cancel_refuses) {
  const auto stubborn = []() -> task<std::string> {
    int refused = 0;
    while (refused < 3) {
      const at_stop noticed{[&] { log("refused ", ++refused); }};
      co_await sleep(1000);
    }
    co_return "gave in";
  };
  // CANCEL-11, -17: a stop cannot be refused; the first one ends the task, and awaiting it throws.
  expect_trace(R"(
10 refused 1
! CancelledError
)",
               [&]() -> task<> {
                 auto t = spawn(stubborn, "S");
                 for (int i = 0; i != 3; ++i) {
                   co_await sleep(10);
                   t.cancel();
                 }
                 log(co_await t);
               });
}

TEST(Cancel, s043_cancel_cancelled_by_child) {
  const auto victim = [](std::string name) -> task<> {
    const log_at_stop unwound{name + " unwinds"};
    co_await sleep(1000);
  };
  expect_trace(R"(
10 cancelled C then A
10 C unwinds
10 A unwinds
10 cancelled pending cancelled
10 B unwinds
10 end
)",
               [&]() -> task<> {
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(victim(n), n));
                 co_await sleep(10);
                 ts[2].cancel();
                 ts[0].cancel();
                 log("cancelled C then A");
                 co_await weft::checkpoint();
                 co_await weft::checkpoint();
                 log(outcomes(ts));
                 ts[1].cancel();
                 co_await weft::wait(ts);
                 log("end");
               });
}

TEST(Cancel, s202_cancel_queue_of_sleepers) {
  const auto yielder = []() -> task<> {
    co_await weft::checkpoint();
    log("unreachable");
  };
  const auto sleeper = []() -> task<> {
    co_await sleep(10);
    log("unreachable too");
  };
  expect_trace(R"(
20 cancelled cancelled
)",
               [&]() -> task<> {
                 auto y = spawn(yielder, "Y");
                 auto s = spawn(sleeper, "S");
                 co_await weft::checkpoint();
                 y.cancel();
                 busy(20);
                 s.cancel();
                 co_await weft::wait(handles(y, s));
                 log(outcome(y), " ", outcome(s));
               });
}

}  // namespace
