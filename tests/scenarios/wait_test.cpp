#include <algorithm>
#include <functional>
#include <support/scenario.hpp>

// asyncio's wait, as_completed and staggered_race, as CPython's traces show them.

namespace {

using namespace scenario;
using namespace std::chrono_literals;
using weft::task;

TEST(Wait, s109_wait_all) {
  const auto job = [](int ms, bool fail) -> task<int> {
    co_await sleep(ms);
    if (fail) throw value_error{"x"};
    co_return ms;
  };
  expect_trace(R"(
30 A True value 30
30 B True error ValueError(x)
)",
               [&]() -> task<> {
                 const auto ts = handles(spawn(job(30, false), "A"), spawn(job(10, true), "B"));
                 const auto [done, pending] = co_await weft::wait(ts);
                 for (const auto& t : ts) {
                   const bool in_done = std::find(done.begin(), done.end(), t) != done.end();
                   log(t.name(), " ", in_done, " ", outcome(t));
                 }
               });
}

TEST(Wait, s110_wait_first_completed) {
  const auto job = [](int ms) -> task<int> {
    co_await sleep(ms);
    co_return ms;
  };
  const auto names = [](const auto& tasks) {
    std::vector<std::string> sorted;
    for (const auto& t : tasks) sorted.push_back(t.name());
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    for (const std::string& name : sorted) text += (text.empty() ? "" : " ") + name;
    return text;
  };
  expect_trace("10 done B pending A C\n20 done C pending A\n30 done A pending \n", [&]() -> task<> {
    auto pending = handles(spawn(job(30), "A"), spawn(job(10), "B"), spawn(job(20), "C"));
    while (!pending.empty()) {
      auto ended = co_await weft::wait(pending, {.when = weft::first_completed});
      pending = std::move(ended.pending);
      log("done ", names(ended.done), " pending ", names(pending));
    }
  });
}

TEST(Wait, s112_wait_timeout) {
  const auto job = [](int ms) -> task<> {
    co_await sleep(ms);
    log(me(), " ends");
  };
  expect_trace(R"(
10 A ends
20 1 done 1 pending
30 B ends
30 2 done 0 pending
30 callback
30 did not suspend
)",
               [&]() -> task<> {
                 const auto ts = handles(spawn(job(10), "A"), spawn(job(30), "B"));
                 auto ended = co_await weft::wait(ts, {.timeout = 20ms});
                 log(ended.done.size(), " done ", ended.pending.size(), " pending");
                 ended = co_await weft::wait(ts);
                 log(ended.done.size(), " done ", ended.pending.size(), " pending");
                 weft::this_loop().call_soon([] { log("callback"); });
                 co_await weft::wait(ts);
                 log("did not suspend");
               });
}

TEST(Wait, s113_wait_cancelled) {
  const auto job = []() -> task<std::string> {
    co_await sleep(30);
    co_return "v";
  };
  const auto waiter = [](std::vector<weft::task_handle<std::string>> ts) -> task<> { co_await weft::wait(ts); };
  expect_trace(R"(
10 cancelled pending
30 value v value v
)",
               [&]() -> task<> {
                 const auto ts = handles(spawn(job, "A"), spawn(job, "B"));
                 const auto w = spawn(waiter(ts), "W");
                 co_await sleep(10);
                 w.cancel();
                 co_await weft::wait(handles(w));
                 log(outcome(w), " ", outcome(ts[0]));
                 co_await weft::wait(ts);
                 log(outcomes(ts));
               });
}

TEST(AsCompleted, s115_asc_order) {
  const auto job = [](std::string name, int ms, bool fail) -> task<std::string> {
    co_await sleep(ms);
    if (fail) throw value_error{name};
    co_return name;
  };
  expect_trace(R"(
10 ValueError(B)
20 C
30 A
)",
               [&]() -> task<> {
                 auto order = weft::as_completed(handles(
                     spawn(job("A", 30, false), "A"), spawn(job("B", 10, true), "B"), spawn(job("C", 20, false), "C")));
                 while (auto item = co_await order.next()) {
                   try {
                     log(co_await *item);
                   } catch (const value_error&) {
                     log(show_current());
                   }
                 }
               });
}

TEST(AsCompleted, s116_asc_timeout) {
  const auto job = [](std::string name, int ms) -> task<std::string> {
    co_await sleep(ms);
    log(name, " ends");
    co_return name;
  };
  expect_trace(R"(
10 A ends
10 item A
30 item TimeoutError
30 item TimeoutError
50 B ends
60 C ends
80 value A value B value C
)",
               [&]() -> task<> {
                 const auto ts = handles(spawn(job("A", 10), "A"), spawn(job("B", 50), "B"), spawn(job("C", 60), "C"));
                 auto order = weft::as_completed(ts, 30ms);
                 for (std::size_t i = 0; i != ts.size(); ++i) {
                   try {
                     const auto item = co_await order.next();
                     log("item ", item->result());
                   } catch (const weft::timeout_error&) {
                     log("item TimeoutError");
                   }
                 }
                 co_await sleep(50);
                 log(outcomes(ts));
               });
}

// ---- asyncio.staggered, which weft has no function for --------------------------------------------------------------

struct race_end {
  std::string value;
  int index = -1;
  std::vector<std::exception_ptr> errors;
};

/// Starts the next one when the latest has failed or `delay` has passed. The first that succeeds stops the rest.
class staggered_race {
 public:
  using starter = std::function<task<std::string>()>;

  staggered_race(std::vector<starter> starters, std::chrono::milliseconds delay)
      : starters_{std::move(starters)}, delay_{delay} {}

  task<race_end> run() {
    co_await weft::with(weft::task_group{}, [this](weft::task_group& tg) -> task<> {
      for (std::size_t i = 0; i != starters_.size(); ++i) {
        weft::event failed;
        end_.errors.emplace_back();
        tg.create_task(attempt(i, failed, tg));
        co_await weft::move_on_after(delay_, failed.wait());
      }
      co_await sleep(3600'000);  // the attempts end it
    });
    co_return std::move(end_);
  }

 private:
  task<> attempt(std::size_t index, weft::event& failed, weft::task_group& tg) {
    const at_stop lost{[&] { end_.errors[index] = std::make_exception_ptr(weft::cancelled_error{}); }};
    try {
      end_.value = co_await starters_[index]();
      end_.index = static_cast<int>(index);
    } catch (const value_error&) {
      end_.errors[index] = std::current_exception();
    }
    if (end_.errors[index]) {
      failed.set();
    } else {
      tg.cancel();
    }
  }

  std::vector<starter> starters_;
  std::chrono::milliseconds delay_;
  race_end end_;
};

TEST(StaggeredRace, s118_staggered) {
  const auto job = [](std::string name, int ms, bool fail) -> task<std::string> {
    log(name, " start");
    {
      const log_at_stop left{name + " cancelled"};
      co_await sleep(ms);
    }
    if (fail) {
      log(name, " fails");
      throw value_error{name};
    }
    co_return name;
  };
  const auto starter = [&](const char* name, int ms, bool fail) -> staggered_race::starter {
    return [=] { return job(name, ms, fail); };
  };
  expect_trace(R"(
0 A start
10 A fails
10 B start
60 C start
100 B cancelled
100 C 2 [ValueError(A), CancelledError, none]
)",
               [&]() -> task<> {
                 const std::vector<staggered_race::starter> starters{starter("A", 10, true), starter("B", 100, false),
                                                                     starter("C", 40, false), starter("D", 5, false)};
                 staggered_race race{starters, 50ms};
                 const race_end end = co_await race.run();
                 log(end.value, " ", end.index, " ", end.errors);
               });
}

}  // namespace
