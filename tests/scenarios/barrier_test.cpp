#include <support/scenario.hpp>

using namespace scenario;

TEST(Barrier, s146_bar_basic) {
  auto job = [](std::string name, weft::barrier& bar, int ms) -> weft::task<> {
    co_await sleep(ms);
    log(name, " arrives, waiting ", bar.n_waiting());
    const std::size_t i = co_await bar.wait();
    log(name, " leaves with ", i);
  };
  expect_trace(R"(
10 B arrives, waiting 0
20 A arrives, waiting 1
30 C arrives, waiting 2
30 C leaves with 2
30 B leaves with 0
30 A leaves with 1
)",
               [&]() -> weft::task<> {
                 weft::barrier bar{3};
                 co_await weft::with(weft::task_group{}, [&](weft::task_group& g) -> weft::task<> {
                   g.create_task(job("A", bar, 20));
                   g.create_task(job("B", bar, 10));
                   g.create_task(job("C", bar, 30));
                   co_return;
                 });
               });
}

TEST(Barrier, s148_bar_cancel) {
  auto job = [](std::string name, weft::barrier& bar) -> weft::task<> {
    const log_at_stop stopped{name + " cancelled"};
    co_await bar.wait();
    log(name, " through");
  };
  expect_trace(R"(
10 A cancelled
20 waiting 0 broken False
30 waiting 1
30 C through
30 B through
)",
               [&]() -> weft::task<> {
                 weft::barrier bar{2};
                 auto a = spawn(job("A", bar), "A");
                 co_await sleep(10);
                 a.cancel();
                 co_await sleep(10);
                 log("waiting ", bar.n_waiting(), " broken ", bar.broken());
                 auto b = spawn(job("B", bar), "B");
                 co_await sleep(10);
                 log("waiting ", bar.n_waiting());
                 auto c = spawn(job("C", bar), "C");
                 co_await weft::wait(handles(b, c));
               });
}

TEST(Barrier, s149_bar_abort_reset) {
  auto job = [](std::string name, weft::barrier& bar) -> weft::task<> {
    try {
      co_await bar.wait();
      log(name, " through");
    } catch (const weft::broken_barrier_error&) {
      log(name, " broken");
    }
  };
  expect_trace(R"(
10 A broken
10 broken True
10 late broken
10 broken False
20 B broken
20 D through
20 C through
)",
               [&]() -> weft::task<> {
                 weft::barrier bar{2};
                 auto a = spawn(job("A", bar), "A");
                 co_await sleep(10);
                 bar.abort();
                 co_await a;
                 log("broken ", bar.broken());
                 co_await job("late", bar);
                 bar.reset();
                 log("broken ", bar.broken());
                 auto b = spawn(job("B", bar), "B");
                 co_await sleep(10);
                 bar.reset();
                 co_await b;
                 co_await weft::gather(job("C", bar), job("D", bar));
               });
}
