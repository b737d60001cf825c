#include <support/scenario.hpp>

using namespace scenario;

TEST(Event, s136_event_set_clear) {
  auto waiter = [](std::string name, weft::event& ev) -> weft::task<> {
    co_await ev.wait();
    log(name, " goes, set ", ev.is_set());
  };
  expect_trace(R"(
10 A goes, set False
20 value None / pending
20 B goes, set True
)",
               [&]() -> weft::task<> {
                 weft::event ev;
                 auto a = spawn(waiter("A", ev), "A");
                 co_await sleep(10);
                 ev.set();
                 ev.clear();
                 auto b = spawn(waiter("B", ev), "B");
                 co_await sleep(10);
                 log(outcome(a), " / ", outcome(b));
                 ev.set();
                 co_await b;
               });
}

TEST(Event, s137_event_cancel) {
  auto waiter = [](std::string name, weft::event& ev) -> weft::task<> {
    const log_at_stop stopped{name + " cancelled"};
    co_await ev.wait();
    log(name, " goes");
  };
  expect_trace(R"(
10 A cancelled
10 B goes
10 C cancelled
10 cancelled / value None / cancelled
)",
               [&]() -> weft::task<> {
                 weft::event ev;
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(waiter(n, ev), n));
                 co_await sleep(10);
                 ts[0].cancel();
                 ev.set();
                 ts[2].cancel();
                 co_await weft::wait(ts);
                 log(outcomes(ts, " / "));
               });
}
