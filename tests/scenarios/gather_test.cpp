#include <support/scenario.hpp>

namespace {

using namespace scenario;
using weft::task;

template <class Range>
std::string join(const Range& texts, std::string_view between) {
  std::string text;
  for (const auto& t : texts) text += (text.empty() ? std::string{} : std::string{between}) + str(t);
  return text;
}

TEST(Gather, s044_gather_order) {
  const auto job = [](std::string name, int ms) -> task<std::string> {
    log(name, " start");
    co_await sleep(ms);
    log(name, " end");
    co_return name;
  };
  expect_trace(R"(
0 A start
0 B start
0 C start
10 B end
20 C end
30 A end
30 A B C
30 0
)",
               [&]() -> task<> {
                 auto [a, b, c] = co_await weft::gather(job("A", 30), job("B", 10), job("C", 20));
                 log(a, " ", b, " ", c);
                 const auto none = co_await weft::gather(std::vector<task<std::string>>{});
                 log(none.size());
               });
}

TEST(Gather, s046_gather_return_exceptions) {
  const auto job = [](int ms, bool fail) -> task<int> {
    co_await sleep(ms);
    if (fail) throw value_error("at " + std::to_string(ms));
    co_return ms;
  };
  expect_trace(R"(
30 value 30
30 ValueError(at 10)
30 ValueError(at 20)
)",
               [&]() -> task<> {
                 std::vector<task<int>> jobs;
                 jobs.push_back(job(30, false));
                 jobs.push_back(job(10, true));
                 jobs.push_back(job(20, true));
                 const auto rs = co_await weft::gather(weft::return_exceptions, std::move(jobs));
                 for (const auto& r : rs) log(r ? "value " + str(r) : show(r.error()));
               });
}

TEST(Gather, s047_gather_child_cancelled) {
  using handles = std::vector<weft::task_handle<std::string>>;
  const auto job = [](std::string name, int ms) -> task<std::string> {
    const log_at_stop cancelled{name + " cancelled"};
    co_await sleep(ms);
    log(name, " ends");
    co_return name;
  };
  const auto collect = [](handles ts, bool flag) -> task<> {
    try {
      if (flag) {
        const auto rs = co_await weft::gather(weft::return_exceptions, ts);
        log(join(rs, ", "));
      } else {
        const auto rs = co_await weft::gather(ts);
        log(join(rs, ", "));
      }
    } catch (const weft::cancelled_error&) {
      log("gather raised CancelledError, own cancelling ", weft::current_task().cancelling());
    }
  };
  // GATHER-03, -05: structured, the cancelled child stops the other one; asyncio lets B go on to its end at 20.
  // CANCEL-13: cancelling() is a bool.
  expect_trace(R"(
10 A cancelled
10 B cancelled
10 gather raised CancelledError, own cancelling False
40 A cancelled
50 B ends
50 CancelledError, B
)",
               [&]() -> task<> {
                 for (const bool flag : {false, true}) {
                   handles ts;
                   for (const char* n : {"A", "B"}) ts.push_back(spawn(job(n, 20), n));
                   auto c = spawn(collect(ts, flag), "collect");
                   co_await sleep(10);
                   ts[0].cancel();
                   co_await sleep(20);
                   co_await c;
                 }
               });
}

TEST(Gather, s049_gather_cancelled_swallow) {
  const auto job = [](std::string name) -> task<std::string> {
    const log_at_stop swallowed{name + " swallowed"};
    co_await sleep(1000);
    co_return name;
  };
  const auto collect = [&]() -> task<> {
    const log_at_stop cancelled{"gather CancelledError"};
    auto rs = co_await weft::gather(job("A"), job("B"));
    log("unexpected ", rs);
  };
  // CANCEL-11: collect cannot swallow the stop either, so awaiting it throws.
  expect_trace(R"(
10 A swallowed
10 B swallowed
10 gather CancelledError
! CancelledError
)",
               [&]() -> task<> {
                 auto c = spawn(collect, "collect");
                 co_await sleep(10);
                 c.cancel();
                 co_await c;
                 log("end");
               });
}

TEST(Gather, s050_gather_duplicates) {
  const auto job = []() -> task<int> {
    log("once");
    co_await sleep(10);
    co_return 7;
  };
  expect_trace(R"(
0 once
10 [7, 7]
)",
               [&]() -> task<> {
                 auto t = spawn(job, "T");
                 log(co_await weft::gather(handles(t, t)));
               });
}

TEST(Gather, s052_gather_done_children) {
  const auto job = [](int n) -> task<int> { co_return n; };
  // GATHER-03 to -06: a handle counts as a child that awaits it, and children take their turn (GATHER-02); asyncio
  // from 3.12 on does not yield here.
  expect_trace(R"(
10 a callback ran
10 [0, 1, 2]
)",
               [&]() -> task<> {
                 std::vector<weft::task_handle<int>> ts;
                 for (int i = 0; i != 3; ++i) ts.push_back(spawn(job(i), "J" + std::to_string(i)));
                 co_await sleep(10);
                 weft::this_loop().call_soon([] { log("a callback ran"); });
                 log(co_await weft::gather(ts));
               });
}

TEST(Gather, s170_eager_gather) {
  const auto quick = [](int n) -> task<int> {
    log("quick ", n);
    co_return n;
  };
  // TASK-19: a task is made eager where it is created. GATHER-03 to -06: a handle counts as a child that awaits it, so
  // that gather yields; asyncio says "[1, 2]" and "did not suspend" before the callback.
  expect_trace(R"(
0 quick 1
0 quick 2
0 callback
0 [1, 2]
)",
               [&]() -> task<> {
                 weft::this_loop().call_soon([] { log("callback"); });
                 std::vector<weft::task_handle<int>> ts;
                 for (const int n : {1, 2}) ts.push_back(weft::create_task(quick(n), {.eager = true}));
                 log(co_await weft::gather(ts));
                 co_await weft::checkpoint();
               });
}

TEST(Gather, s203_gather_error_then_cancel) {
  const auto bad = []() -> task<> {
    co_await sleep(10);
    throw value_error("bad");
  };
  const auto good = []() -> task<> {
    co_await sleep(30);
    log("good ends");
  };
  const auto collect = [&]() -> task<> {
    const log_at_stop left{"collect CancelledError"};
    co_await weft::gather(bad(), good());
  };
  expect_trace(R"(
10 collect CancelledError
10 cancelled
)",
               [&]() -> task<> {
                 auto c = spawn(collect, "C");
                 co_await weft::checkpoint();
                 weft::this_loop().call_later(std::chrono::milliseconds{10},
                                              [c] { weft::this_loop().call_soon([c] { c.cancel(); }); });
                 co_await weft::wait(handles(c));
                 log(outcome(c));
                 co_await sleep(30);
               });
}

}  // namespace
