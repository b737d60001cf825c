#include <support/scenario.hpp>

namespace {

using namespace scenario;
using weft::exit_reason;
using weft::task;
using weft::task_group;

TEST(TaskGroup, s053_tg_basic) {
  const auto job = [](std::string name, int ms) -> task<std::string> {
    log(name, " start");
    co_await sleep(ms);
    log(name, " end");
    co_return name;
  };
  expect_trace(R"(
0 body ends
0 A start
0 B start
10 B end
20 A end
20 A B
)",
               [&]() -> task<> {
                 weft::task_handle<std::string> a;
                 weft::task_handle<std::string> b;
                 co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                   a = g.create_task(job("A", 20));
                   b = g.create_task(job("B", 10));
                   log("body ends");
                   co_return;
                 });
                 log(a.result(), " ", b.result());
               });
}

TEST(TaskGroup, s055_tg_child_fails_body_left) {
  const auto job = [](std::string name, int ms, int cleanup) -> task<> {
    co_await weft::with(weft::finally([&](exit_reason how) -> task<> {
                          if (how.stopped()) co_await sleep(cleanup);
                          throw value_error(name);
                        }),
                        [&]() -> task<> { co_await sleep(ms); });
  };
  expect_trace(R"(
40 ExceptionGroup[ValueError(B), ValueError(C), ValueError(A)]
)",
               [&]() -> task<> {
                 try {
                   co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                     g.create_task(job("A", 100, 30));
                     g.create_task(job("B", 10, 0));
                     g.create_task(job("C", 100, 20));
                     co_return;
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current());
                 }
               });
}

TEST(TaskGroup, s056_tg_child_cancelled) {
  const auto job = [](std::string name, int ms) -> task<std::string> {
    co_await sleep(ms);
    log(name, " end");
    co_return name;
  };
  expect_trace(R"(
20 B end
20 cancelled / value B
)",
               [&]() -> task<> {
                 weft::task_handle<std::string> a;
                 weft::task_handle<std::string> b;
                 co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                   a = g.create_task(job("A", 50));
                   b = g.create_task(job("B", 20));
                   co_await sleep(10);
                   a.cancel();
                 });
                 log(outcome(a), " / ", outcome(b));
               });
}

TEST(TaskGroup, s058_tg_outer_cancel) {
  const auto job = [](std::string name, int cleanup) -> task<> {
    co_await weft::with(weft::finally([&](exit_reason how) -> task<> {
                          if (!how.stopped()) co_return;
                          co_await sleep(cleanup);
                          log(name, " cleaned");
                        }),
                        []() -> task<> { co_await sleep(1000); });
  };
  const auto runner = [&]() -> task<> {
    const log_at_stop left{"left with CancelledError"};
    co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
      g.create_task(job("A", 20));
      g.create_task(job("B", 10));
      log("body ends");
      co_return;
    });
  };
  expect_trace(R"(
0 body ends
15 B cleaned
25 A cleaned
25 left with CancelledError
25 cancelled
)",
               [&]() -> task<> {
                 auto r = spawn(runner, "R");
                 co_await sleep(5);
                 r.cancel();
                 co_await weft::wait(handles(r));
                 log(outcome(r));
               });
}

TEST(TaskGroup, s059_tg_outer_cancel_body) {
  const auto job = [](std::string name) -> task<> {
    const log_at_stop unwound{name + " unwinds"};
    co_await sleep(1000);
  };
  const auto runner = [&]() -> task<> {
    co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
      g.create_task(job("A"));
      const log_at_stop unwound{"body unwinds"};
      co_await sleep(1000);
    });
  };
  expect_trace(R"(
5 body unwinds
5 A unwinds
5 cancelled
)",
               [&]() -> task<> {
                 auto r = spawn(runner, "R");
                 co_await sleep(5);
                 r.cancel();
                 co_await weft::wait(handles(r));
                 log(outcome(r));
               });
}

TEST(TaskGroup, s061_tg_repeated_cancel) {
  const auto job = []() -> task<> {
    co_await weft::with(weft::finally([](exit_reason how) -> task<> {
                          if (!how.stopped()) co_return;
                          log("child cleaning");
                          co_await sleep(50);
                          log("child cleaned");
                        }),
                        []() -> task<> { co_await sleep(1000); });
  };
  const auto runner = [&]() -> task<> {
    co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
      g.create_task(job);
      co_return;
    });
  };
  // CANCEL-09, -13: no counter, cancelling() is a bool.
  expect_trace(R"(
5 child cleaning
15 pending
25 pending
35 pending
55 child cleaned
55 cancelled cancelling True
)",
               [&]() -> task<> {
                 auto r = spawn(runner, "R");
                 co_await sleep(5);
                 for (int i = 0; i != 3; ++i) {
                   r.cancel();
                   co_await sleep(10);
                   log(outcome(r));
                 }
                 co_await weft::wait(handles(r));
                 log(outcome(r), " cancelling ", r.cancelling());
               });
}

TEST(TaskGroup, s062_tg_misuse) {
  const auto job = []() -> task<> {
    log("unreachable");
    co_return;
  };
  expect_trace(R"(
0 not entered
0 already entered
0 finished
)",
               [&]() -> task<> {
                 task_group g;
                 try {
                   g.create_task(job());
                 } catch (const std::logic_error&) {
                   log("not entered");
                 }
                 co_await weft::with(g, [&]() -> task<> {
                   try {
                     co_await weft::with(g, []() -> task<> {
                       log("unreachable");
                       co_return;
                     });
                   } catch (const std::logic_error&) {
                     log("already entered");
                   }
                 });
                 try {
                   g.create_task(job());
                 } catch (const std::logic_error&) {
                   log("finished");
                 }
               });
}

task<> job_of_depth(task_group& g, int depth) {
  co_await sleep(10);
  log("depth ", depth);
  if (depth < 3) g.create_task(job_of_depth(g, depth + 1));
}

TEST(TaskGroup, s064_tg_grandchildren) {
  expect_trace(R"(
0 body ends
10 depth 1
20 depth 2
30 depth 3
30 all done
)",
               []() -> task<> {
                 co_await weft::with(task_group{}, [](task_group& g) -> task<> {
                   g.create_task(job_of_depth(g, 1));
                   log("body ends");
                   co_return;
                 });
                 log("all done");
               });
}

TEST(TaskGroup, s065_tg_nested_inner_fails) {
  const auto bad = []() -> task<> {
    co_await sleep(10);
    throw value_error("inner");
  };
  const auto long_job = [](std::string name) -> task<> {
    const log_at_stop cancelled{name + " cancelled"};
    co_await sleep(1000);
  };
  expect_trace(R"(
10 inner child cancelled
10 outer child cancelled
10 ExceptionGroup[ExceptionGroup[ValueError(inner)]]
)",
               [&]() -> task<> {
                 try {
                   co_await weft::with(task_group{}, [&](task_group& outer) -> task<> {
                     outer.create_task(long_job("outer child"));
                     co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
                       inner.create_task(bad);
                       inner.create_task(long_job("inner child"));
                       co_return;
                     });
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current());
                 }
               });
}

TEST(TaskGroup, s067_tg_nested_both_fail) {
  const auto bad = [](auto e) -> task<> {
    co_await weft::checkpoint();
    throw e;
  };
  // CANCEL-13: no counter; the stops were those of the groups' bodies, main's own task is not being cancelled.
  expect_trace(R"(
0 ExceptionGroup[ValueError(inner)] cancelling False
0 ExceptionGroup[KeyError(outer)] cancelling False
10 end
)",
               [&]() -> task<> {
                 auto t = weft::current_task();
                 try {
                   co_await weft::with(task_group{}, [&](task_group& outer) -> task<> {
                     try {
                       co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
                         inner.create_task(bad(value_error("inner")));
                         outer.create_task(bad(key_error("outer")));
                         co_return;
                       });
                     } catch (const weft::exception_group&) {
                       log(show_current(), " cancelling ", t.cancelling());
                     }
                     co_await sleep(10);
                     log("slept in the outer body");
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current(), " cancelling ", t.cancelling());
                 }
                 co_await sleep(10);
                 log("end");
               });
}

TEST(TaskGroup, s068_tg_body_cleanup_error) {
  const auto bad = []() -> task<> {
    co_await sleep(10);
    throw value_error("child");
  };
  // CANCEL-13: cancelling() is a bool.
  expect_trace(R"(
10 ExceptionGroup[ValueError(child), KeyError(body)] cancelling False
)",
               [&]() -> task<> {
                 auto t = weft::current_task();
                 try {
                   co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                     g.create_task(bad);
                     co_await weft::with(weft::finally([]() -> task<> {
                                           throw key_error("body");
                                           co_return;
                                         }),
                                         []() -> task<> { co_await sleep(1000); });
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current(), " cancelling ", t.cancelling());
                 }
               });
}

TEST(TaskGroup, s070_tg_empty) {
  // CANCEL-11: the stop cannot be caught, so it leaves main.
  expect_trace(R"(
0 body
0 left without yielding
0 left again
0 callback
0 noticed
! CancelledError
)",
               []() -> task<> {
                 auto t = weft::current_task();
                 weft::this_loop().call_soon([] { log("callback"); });
                 co_await weft::with(task_group{}, []() -> task<> {
                   log("body");
                   co_return;
                 });
                 log("left without yielding");
                 t.cancel();
                 co_await weft::with(task_group{}, []() -> task<> { co_return; });
                 log("left again");
                 const log_at_stop noticed{"noticed"};
                 co_await weft::checkpoint();
               });
}

TEST(TaskGroup, s071_tg_body_swallows) {
  const auto bad = []() -> task<> {
    co_await sleep(10);
    throw value_error("child");
  };
  // CANCEL-11: the body cannot swallow the stop, it ends there. CANCEL-13: what is cancelled is the body, not the task.
  expect_trace(R"(
10 swallowed, cancelling False
10 ExceptionGroup[ValueError(child)] cancelling False
)",
               [&]() -> task<> {
                 auto t = weft::current_task();
                 try {
                   co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                     g.create_task(bad);
                     {
                       const at_stop noticed{[&] { log("swallowed, cancelling ", t.cancelling()); }};
                       co_await sleep(1000);
                     }
                     co_await sleep(10);
                     log("body ends");
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current(), " cancelling ", t.cancelling());
                 }
               });
}

TEST(TaskGroup, s073_tg_await_failed_child) {
  const auto bad = []() -> task<> {
    co_await sleep(10);
    throw value_error("child");
  };
  // CANCEL-13: what is cancelled is the body, not the task.
  expect_trace(R"(
10 body sees CancelledError cancelling False
10 ExceptionGroup[ValueError(child)] cancelling False
)",
               [&]() -> task<> {
                 auto t = weft::current_task();
                 try {
                   co_await weft::with(task_group{}, [&](task_group& g) -> task<> {
                     auto c = g.create_task(bad);
                     const at_stop noticed{[&] { log("body sees CancelledError cancelling ", t.cancelling()); }};
                     try {
                       co_await c;
                     } catch (...) {
                       log("body sees ", show_current(), " cancelling ", t.cancelling());
                       throw;
                     }
                   });
                 } catch (const weft::exception_group&) {
                   log(show_current(), " cancelling ", t.cancelling());
                 }
               });
}

}  // namespace
