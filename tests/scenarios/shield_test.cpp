#include <support/scenario.hpp>

namespace {

using namespace scenario;
using weft::exit_reason;
using weft::task;

TEST(Shield, s104_shield_outer_cancel) {
  const auto job = []() -> task<std::string> {
    co_await sleep(50);
    log("job ends");
    co_return "v";
  };
  const auto outer = [](weft::task_handle<std::string> t) -> task<> {
    const at_stop left{[&] { log("outer CancelledError, job ", outcome(t)); }};
    co_await weft::shield(t);
  };
  expect_trace(R"(
10 outer CancelledError, job pending
50 job ends
50 value v / cancelled
)",
               [&]() -> task<> {
                 auto t = spawn(job, "J");
                 auto o = spawn(outer(t), "O");
                 co_await sleep(10);
                 o.cancel();
                 co_await weft::wait(handles<weft::any_task_handle>(o, t));
                 log(outcome(t), " / ", outcome(o));
               });
}

TEST(Shield, s106_shield_finish_anyway) {
  const auto save = []() -> task<> {
    co_await sleep(40);
    log("saved");
  };
  const auto critical = [&]() -> task<> {
    auto t = spawn(save, "save");
    co_await weft::with(weft::finally([&](exit_reason how) -> task<> {
                          if (!how.stopped()) co_return;
                          log("cancelled, finishing first");
                          co_await t;
                        }),
                        [&]() -> task<> { co_await weft::shield(t); });
  };
  expect_trace(R"(
10 cancelled, finishing first
40 saved
40 cancelled
)",
               [&]() -> task<> {
                 auto c = spawn(critical, "C");
                 co_await sleep(10);
                 c.cancel();
                 co_await weft::wait(handles(c));
                 log(outcome(c));
               });
}

TEST(Shield, s107_shield_not_from_run) {
  const auto job = []() -> task<> {
    const log_at_stop cancelled{"job cancelled by run"};
    co_await sleep(1000);
  };
  // SHIELD-01: shield(task) would end the job first; asyncio's shield of a coroutine is the shield of a new task.
  const auto outer = [&]() -> task<> { co_await weft::shield(weft::create_task(job)); };
  expect_trace(R"(
10 main ends
10 job cancelled by run
)",
               [&]() -> task<> {
                 auto o = spawn(outer, "O");
                 co_await sleep(10);
                 o.cancel();
                 co_await weft::wait(handles(o));
                 log("main ends");
               });
}

TEST(Shield, s208_shield_inner_error_dropped) {
  const auto job = []() -> task<> {
    co_await sleep(20);
    throw value_error("job");
  };
  // SHIELD-01: as in s107, a new task is what is shielded.
  const auto outer = [&]() -> task<> { co_await weft::shield(weft::create_task(job)); };
  expect_trace(R"(
20 loop-handler: Task exception was never retrieved / ValueError(job)
30 end
)",
               [&]() -> task<> {
                 auto o = spawn(outer, "O");
                 co_await sleep(10);
                 o.cancel();
                 co_await weft::wait(handles(o));
                 co_await sleep(20);
                 log("end");
               });
}

}  // namespace
