#include <csignal>
#include <support/scenario.hpp>

// asyncio.run, as CPython's traces show it.

using namespace scenario;

TEST(Run, s007_run_returns) {
  expect_trace(R"(
10 main
= returned 42
)",
               []() -> weft::task<int> {
                 co_await sleep(10);
                 log("main");
                 co_return 42;
               });
}

TEST(Run, s008_run_raises) {
  expect_trace(R"(
10 main
! ValueError(from main)
)",
               []() -> weft::task<> {
                 co_await sleep(10);
                 log("main");
                 throw value_error{"from main"};
               });
}

TEST(Run, s010_run_last_minute_task) {
  expect_trace(R"(
0 main ends
0 start
0 cancelled
)",
               []() -> weft::task<> {
                 auto left = []() -> weft::task<> {
                   log("start");
                   const log_at_stop note{"cancelled"};
                   co_await sleep(0);
                   log("unreachable");
                 };
                 spawn(left, "L");
                 log("main ends");
                 co_return;
               });
}

TEST(Run, s011_run_sigint) {
  expect_trace(R"(
0 main cancelled
! KeyboardInterrupt
)",
               []() -> weft::task<> {
                 const log_at_stop note{"main cancelled"};
                 std::raise(SIGINT);
                 co_await sleep(1000);
               });
}

TEST(Run, s013_run_leftover_errors) {
  // The message is the one for every error that nobody sees.
  expect_trace(R"(
10 main ends
10 loop-handler: Task exception was never retrieved / ValueError(during cancel)
)",
               []() -> weft::task<> {
                 auto fails = []() -> weft::task<> {
                   auto cleanup = []() -> weft::task<> {
                     throw value_error{"during cancel"};
                     co_return;
                   };
                   co_await weft::with(weft::finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 spawn(fails, "F");
                 co_await sleep(10);
                 log("main ends");
               });
}

TEST(Run, s014_run_leftover_swallows) {
  // CANCEL-11: the stop cannot be swallowed. What run waits for is clean-up.
  expect_trace(R"(
10 main ends
10 cleanup
60 done at last
)",
               []() -> weft::task<> {
                 auto stubborn = []() -> weft::task<> {
                   auto cleanup = []() -> weft::task<> {
                     log("cleanup");
                     co_await sleep(50);
                     log("done at last");
                   };
                   co_await weft::with(weft::finally(cleanup), []() -> weft::task<> { co_await sleep(1000); });
                 };
                 spawn(stubborn, "S");
                 co_await sleep(10);
                 log("main ends");
               });
}

TEST(Run, s016_run_nested) {
  expect_trace(R"(
0 RuntimeError
0 end
)",
               []() -> weft::task<> {
                 auto inner = []() -> weft::task<> {
                   log("unreachable");
                   co_return;
                 };
                 try {
                   weft::run(inner());
                 } catch (const std::logic_error&) {
                   log(show_current());
                 }
                 log("end");
                 co_return;
               });
}
