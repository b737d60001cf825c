#include <support/scenario.hpp>

// asyncio's timeout(), as CPython's traces show it. weft has no counter of cancellations (CANCEL-09), so what traces
// say of `cancelling` is left out.

using namespace scenario;
using namespace std::chrono_literals;
using weft::exit_reason;
using weft::finally;
using weft::timeout;
using weft::timeout_scope;
using weft::with;

namespace {

/// How a block ended, as Python's `except BaseException as e: show(e)` has it.
std::string show(const exit_reason& how) { return how.stopped() ? "CancelledError" : scenario::show(how.error()); }

}  // namespace

TEST(Timeout, s074_tmo_expires) {
  expect_trace(R"(
20 body CancelledError expired True
25 TimeoutError expired True
35 end
)",
               []() -> weft::task<> {
                 timeout_scope scope = timeout(20ms);
                 bool timed_out = false;
                 try {
                   co_await with(scope, [&]() -> weft::task<> {
                     auto cleanup = [&](exit_reason how) -> weft::task<> {
                       if (!how.stopped()) co_return;
                       log("body CancelledError expired ", scope.expired());
                       co_await sleep(5);
                     };
                     co_await with(finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::timeout_error&) {
                   timed_out = true;
                 }
                 if (timed_out) log("TimeoutError expired ", scope.expired());
                 co_await sleep(10);
                 log("end");
               });
}

TEST(Timeout, s076_tmo_reschedule) {
  expect_trace(R"(
0 when None
65 disarmed in time
65 finished scope
95 moved
)",
               []() -> weft::task<> {
                 timeout_scope scope = timeout(std::nullopt);
                 co_await with(scope, [](timeout_scope& s) -> weft::task<> {
                   log("when ", s.when() ? "set" : "None");
                   co_await sleep(10);
                   s.reschedule(weft::now() + 10ms);
                   co_await sleep(5);
                   s.reschedule(std::nullopt);
                   co_await sleep(50);
                   log("disarmed in time");
                 });
                 try {
                   scope.reschedule(std::nullopt);
                 } catch (const std::logic_error&) {
                   log("finished scope");
                 }
                 try {
                   co_await with(timeout(10ms), [](timeout_scope& s) -> weft::task<> {
                     s.reschedule(weft::now() + 30ms);
                     co_await sleep(1000);
                   });
                 } catch (const weft::timeout_error&) {
                   log("moved");
                 }
               });
}

TEST(Timeout, s077_tmo_zero) {
  expect_trace(R"(
0 no suspension
0 expired False
0 before
0 TimeoutError
0 no suspension
0 expired False
0 before
0 TimeoutError
)",
               []() -> weft::task<> {
                 for (const auto delay : {0s, -1s}) {
                   timeout_scope scope = timeout(delay);
                   co_await with(scope, []() -> weft::task<> {
                     log("no suspension");
                     co_return;
                   });
                   log("expired ", scope.expired());
                   try {
                     co_await with(timeout(delay), []() -> weft::task<> {
                       log("before");
                       co_await sleep(0);
                       log("unreachable");
                     });
                   } catch (const weft::timeout_error&) {
                     log("TimeoutError");
                   }
                 }
               });
}

TEST(Timeout, s079_tmo_nested_outer) {
  expect_trace(R"(
10 between: CancelledError inner False
10 inner False outer True
110 end
)",
               []() -> weft::task<> {
                 timeout_scope outer = timeout(10ms);
                 timeout_scope inner = timeout(50ms);
                 try {
                   co_await with(outer, [&]() -> weft::task<> {
                     const at_stop note{[&] { log("between: CancelledError inner ", inner.expired()); }};
                     co_await with(inner, []() -> weft::task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::timeout_error&) {
                   log("inner ", inner.expired(), " outer ", outer.expired());
                 }
                 co_await sleep(100);
                 log("end");
               });
}

TEST(Timeout, s080_tmo_nested_both) {
  expect_trace(R"(
10 between: CancelledError inner True outer True
10 TimeoutError inner True outer True
)",
               []() -> weft::task<> {
                 timeout_scope outer = weft::timeout_at(weft::now() + 10ms);
                 timeout_scope inner = weft::timeout_at(weft::now() + 10ms);
                 try {
                   co_await with(outer, [&]() -> weft::task<> {
                     auto between = [&](exit_reason how) -> weft::task<> {
                       log("between: ", show(how), " inner ", inner.expired(), " outer ", outer.expired());
                       co_return;
                     };
                     co_await with(finally(between), inner, []() -> weft::task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError inner ", inner.expired(), " outer ", outer.expired());
                 }
               });
}

TEST(Timeout, s082_tmo_cancel_and_expiry) {
  expect_trace(R"(
10 CancelledError expired True
10 cancelled
)",
               []() -> weft::task<> {
                 auto victim = []() -> weft::task<> {
                   timeout_scope scope = timeout(10ms);
                   auto note = [&](exit_reason how) -> weft::task<> {
                     log(show(how), " expired ", scope.expired());
                     co_return;
                   };
                   co_await with(finally(note), scope, []() -> weft::task<> { co_await sleep(1000); });
                 };
                 auto t = spawn(victim, "V");
                 co_await sleep(0);
                 weft::this_loop().call_later(10ms, [t] { t.cancel(); });
                 const std::vector ended{t};
                 co_await weft::wait(ended);
                 log(outcome(t));
               });
}

TEST(Timeout, s083_tmo_cancel_in_cleanup) {
  // CANCEL-10: clean-up is not interrupted; the stop that came meanwhile goes on behind it.
  expect_trace(R"(
10 cleanup
60 cleanup ends
60 CancelledError expired True
60 cancelled
)",
               []() -> weft::task<> {
                 auto victim = []() -> weft::task<> {
                   timeout_scope scope = timeout(10ms);
                   auto note = [&](exit_reason how) -> weft::task<> {
                     log(show(how), " expired ", scope.expired());
                     co_return;
                   };
                   auto cleanup = []() -> weft::task<> {
                     log("cleanup");
                     co_await sleep(50);
                     log("cleanup ends");
                   };
                   co_await with(finally(note), scope, finally(cleanup),
                                 []() -> weft::task<> { co_await sleep(1000); });
                 };
                 auto t = spawn(victim, "V");
                 co_await sleep(30);
                 t.cancel();
                 const std::vector ended{t};
                 co_await weft::wait(ended);
                 log(outcome(t));
               });
}

TEST(Timeout, s085_tmo_body_swallows) {
  // CANCEL-11: a stop cannot be swallowed, so the block ends with TimeoutError, and at once.
  expect_trace(R"(
10 not swallowed
10 TimeoutError
10 expired True
20 end
)",
               []() -> weft::task<> {
                 timeout_scope scope = timeout(10ms);
                 try {
                   co_await with(scope, []() -> weft::task<> {
                     try {
                       const log_at_stop note{"not swallowed"};
                       co_await sleep(1000);
                     } catch (...) {
                       log("unreachable");
                     }
                     co_await sleep(10);
                   });
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError");
                 }
                 log("expired ", scope.expired());
                 co_await sleep(10);
                 log("end");
               });
}

TEST(Timeout, s086_tmo_after_swallowed_cancel) {
  // CANCEL-11: the stop is not swallowed, so the victim never comes to the scope.
  expect_trace(R"(
5 not swallowed
5 cancelled
)",
               []() -> weft::task<> {
                 auto victim = []() -> weft::task<> {
                   try {
                     const log_at_stop note{"not swallowed"};
                     co_await sleep(1000);
                   } catch (...) {
                     log("unreachable");
                   }
                   co_await with(timeout(10ms), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 auto t = spawn(victim, "V");
                 co_await sleep(5);
                 t.cancel();
                 const std::vector ended{t};
                 co_await weft::wait(ended);
                 log(outcome(t));
               });
}

TEST(Timeout, s088_tmo_around_group) {
  expect_trace(R"(
30 A cleaned
50 B cleaned
50 TimeoutError
)",
               []() -> weft::task<> {
                 auto job = [](std::string name, int ms) -> weft::task<> {
                   auto cleanup = [&](exit_reason how) -> weft::task<> {
                     if (!how.stopped()) co_return;
                     co_await sleep(ms);
                     log(name, " cleaned");
                   };
                   co_await with(finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 try {
                   co_await with(timeout(20ms), [&]() -> weft::task<> {
                     co_await with(weft::task_group{}, [&](weft::task_group& g) -> weft::task<> {
                       g.create_task(job("A", 10));
                       g.create_task(job("B", 30));
                       co_return;
                     });
                   });
                 } catch (const std::exception&) {
                   log(show_current());
                 }
               });
}

TEST(Timeout, s089_tmo_inside_group) {
  expect_trace(R"(
10 A in time
30 ExceptionGroup[TimeoutError]
)",
               []() -> weft::task<> {
                 auto limited = [](std::string name, int ms, std::chrono::milliseconds limit) -> weft::task<> {
                   co_await with(timeout(limit), [&]() -> weft::task<> { co_await sleep(ms); });
                   log(name, " in time");
                 };
                 try {
                   co_await with(weft::task_group{}, [&](weft::task_group& g) -> weft::task<> {
                     g.create_task(limited("A", 10, 20ms));
                     g.create_task(limited("B", 50, 30ms));
                     g.create_task(limited("C", 60, 100ms));
                     co_return;
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current());
                 }
               });
}

TEST(Timeout, s091_tmo_own_timeouterror) {
  expect_trace(R"(
10 expired False
)",
               []() -> weft::task<> {
                 timeout_scope scope = timeout(50ms);
                 try {
                   co_await with(scope, []() -> weft::task<> {
                     co_await sleep(10);
                     throw weft::timeout_error{"from a device"};
                   });
                 } catch (const weft::timeout_error&) {
                   log("expired ", scope.expired());
                 }
               });
}

TEST(Timeout, s092_tmo_in_cleanup) {
  expect_trace(R"(
30 cleanup timed out, inner True outer True
30 outer TimeoutError
)",
               []() -> weft::task<> {
                 timeout_scope outer = timeout(10ms);
                 try {
                   co_await with(outer, [&]() -> weft::task<> {
                     auto cleanup = [&]() -> weft::task<> {
                       timeout_scope inner = timeout(20ms);
                       try {
                         co_await with(inner, []() -> weft::task<> { co_await sleep(1000); });
                       } catch (const weft::timeout_error&) {
                         log("cleanup timed out, inner ", inner.expired(), " outer ", outer.expired());
                       }
                     };
                     co_await with(finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::timeout_error&) {
                   log("outer TimeoutError");
                 }
               });
}

TEST(Timeout, s205_tmo_busy) {
  expect_trace(R"(
50 late but unharmed
50 expired False
100 one yield is survived
100 expired True
)",
               []() -> weft::task<> {
                 timeout_scope first = timeout(10ms);
                 co_await with(first, []() -> weft::task<> {
                   busy(50);
                   log("late but unharmed");
                   co_return;
                 });
                 log("expired ", first.expired());
                 timeout_scope second = timeout(10ms);
                 try {
                   co_await with(second, []() -> weft::task<> {
                     busy(50);
                     co_await sleep(0);
                     log("one yield is survived");
                     co_await sleep(0);
                     log("unreachable");
                   });
                 } catch (const weft::timeout_error&) {
                   log("expired ", second.expired());
                 }
               });
}

TEST(Timeout, s206_tmo_nested_busy) {
  expect_trace(R"(
55 between: CancelledError inner True outer True
55 TimeoutError inner True outer True
)",
               []() -> weft::task<> {
                 auto spin = []() -> weft::task<> {
                   co_await sleep(5);
                   busy(50);
                 };
                 auto s = spawn(spin, "S");
                 timeout_scope outer = timeout(30ms);
                 timeout_scope inner = timeout(10ms);
                 try {
                   co_await with(outer, [&]() -> weft::task<> {
                     auto between = [&](exit_reason how) -> weft::task<> {
                       log("between: ", show(how), " inner ", inner.expired(), " outer ", outer.expired());
                       co_return;
                     };
                     co_await with(finally(between), inner, []() -> weft::task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::timeout_error&) {
                   log("TimeoutError inner ", inner.expired(), " outer ", outer.expired());
                 }
               });
}
