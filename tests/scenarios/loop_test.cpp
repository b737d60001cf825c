#include <support/scenario.hpp>

// asyncio's loop, its callbacks and timers, as CPython's traces show them.

using namespace scenario;
using namespace std::chrono_literals;

TEST(Loop, s001_loop_call_soon_fifo) {
  expect_trace(R"(
0 scheduled
0 cb a
0 cb b
0 cb c
0 after one yield
0 cb a+
0 cb c+
0 after two yields
)",
               []() -> weft::task<> {
                 for (const std::string name : {"a", "b", "c"}) {
                   weft::this_loop().call_soon([name] {
                     log("cb ", name);
                     if (name != "b") weft::this_loop().call_soon([name] { log("cb ", name, "+"); });
                   });
                 }
                 log("scheduled");
                 co_await sleep(0);
                 log("after one yield");
                 co_await sleep(0);
                 log("after two yields");
               });
}

TEST(Loop, s002_loop_timer_order) {
  expect_trace(R"(
0 scheduled
0 soon
0 t0
10 t10
20 t20
30 t30
40 end
)",
               []() -> weft::task<> {
                 const weft::loop_handle loop = weft::this_loop();
                 loop.call_later(30ms, [] { log("t30"); });
                 loop.call_later(10ms, [] { log("t10"); });
                 loop.call_later(20ms, [] { log("t20"); });
                 loop.call_later(0ms, [] { log("t0"); });
                 loop.call_soon([] { log("soon"); });
                 log("scheduled");
                 co_await sleep(40);
                 log("end");
               });
}

TEST(Loop, s004_loop_handle_cancel) {
  expect_trace(R"(
0 cancelled True
0 canceller
0 other
20 cancelled True
)",
               []() -> weft::task<> {
                 const weft::loop_handle loop = weft::this_loop();
                 weft::callback_handle soon;
                 weft::callback_handle timer = loop.call_later(10ms, [] { log("never (timer)"); });
                 loop.call_soon([&] {
                   log("canceller");
                   soon.cancel();
                 });
                 soon = loop.call_soon([] { log("never (soon)"); });
                 loop.call_soon([] { log("other"); });
                 timer.cancel();
                 timer.cancel();
                 log("cancelled ", timer.cancelled());
                 co_await sleep(20);
                 log("cancelled ", soon.cancelled());
               });
}

TEST(Loop, s005_loop_callback_error) {
  expect_trace(R"(
0 one
0 loop-handler: Exception in callback / ValueError(boom)
0 two
0 main goes on
)",
               []() -> weft::task<> {
                 const weft::loop_handle loop = weft::this_loop();
                 loop.call_soon([] { log("one"); });
                 loop.call_soon([] { throw value_error{"boom"}; });
                 loop.call_soon([] { log("two"); });
                 co_await sleep(0);
                 log("main goes on");
               });
}

TEST(Loop, s196_deadlock) {
  expect_trace(R"(
0 waiting
! deadlock
)",
               []() -> weft::task<> {
                 weft::task_handle<void> a;
                 weft::task_handle<void> b;
                 auto wait_other = [](weft::task_handle<void>& other) -> weft::task<> {
                   co_await sleep(0);
                   co_await other;
                 };
                 a = spawn(wait_other(b), "A");
                 b = spawn(wait_other(a), "B");
                 log("waiting");
                 co_await a;
               });
}

TEST(Loop, s197_loop_late_timers) {
  expect_trace(R"(
50 busy until now
50 soon
50 t10
50 t20
50 t30
60 t60
70 end
)",
               []() -> weft::task<> {
                 const weft::loop_handle loop = weft::this_loop();
                 loop.call_later(30ms, [] { log("t30"); });
                 loop.call_later(10ms, [] { log("t10"); });
                 loop.call_later(60ms, [] { log("t60"); });
                 loop.call_later(20ms, [] { log("t20"); });
                 loop.call_soon([] { log("soon"); });
                 busy(50);
                 log("busy until now");
                 co_await sleep(20);
                 log("end");
               });
}

TEST(Loop, s199_loop_closed) {
  // A running loop has no close(): only its runner ends it, and that one is busy running it.
  weft::runner other{{.clock = weft::clock_mode::simulated}};
  const weft::loop_handle loop = other.get_loop();
  other.close();
  other.close();
  expect_trace(R"(
0 call_soon RuntimeError
)",
               [&]() -> weft::task<> {
                 try {
                   loop.call_soon([] { log("unreachable"); });
                 } catch (const weft::loop_closed_error&) {
                   log("call_soon ", show_current());
                 }
                 co_return;
               });
}
