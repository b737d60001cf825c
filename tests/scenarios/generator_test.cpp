#include <support/scenario.hpp>

// Asynchronous generators, as CPython's traces show them. A `finally:` that awaits is on_close here, one that does not
// is a destructor.

namespace {

using namespace scenario;
using weft::task;

TEST(Generator, s184_agen_aclose) {
  const auto numbers = []() -> weft::async_generator<int> {
    co_await weft::on_close([]() -> task<> {
      log("cleanup starts");
      co_await sleep(10);
      log("cleanup ends");
    });
    for (int i = 0;; ++i) co_yield i;
  };
  expect_trace(R"(
0 got 0
0 got 1
0 after break
0 cleanup starts
10 cleanup ends
10 closed
10 cleanup starts
20 cleanup ends
20 end
)",
               [&]() -> task<> {
                 auto gen = numbers();
                 while (const auto x = co_await gen.next()) {
                   log("got ", *x);
                   if (*x == 1) break;
                 }
                 log("after break");
                 co_await gen.close();
                 log("closed");
                 while (const auto x = co_await gen.next()) log("unreachable");
                 co_await weft::with(weft::closing(numbers()), [](auto& from) -> task<> {
                   while (const auto x = co_await from.next()) break;
                 });
                 log("end");
               });
}

TEST(Generator, s185_agen_cancel) {
  struct cleanup {
    ~cleanup() { log("generator: cleanup"); }
  };
  const auto numbers = []() -> weft::async_generator<int> {
    const cleanup last;
    const log_at_stop left{"generator: CancelledError"};
    co_yield 1;
    co_await sleep(1000);
    co_yield 2;
  };
  const auto consumer = [&]() -> task<> {
    auto from = numbers();
    while (const auto x = co_await from.next()) log("got ", *x);
  };
  expect_trace(R"(
0 got 1
10 generator: CancelledError
10 generator: cleanup
10 cancelled
)",
               [&]() -> task<> {
                 const auto t = spawn(consumer, "C");
                 co_await sleep(10);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t));
               });
}

TEST(Generator, s187_agen_run_closes) {
  const auto numbers = []() -> weft::async_generator<int> {
    co_await weft::on_close([]() -> task<> {
      co_await sleep(10);
      log("closed by run");
    });
    co_yield 1;
    co_yield 2;
  };
  std::optional<weft::async_generator<int>> keep;
  // AGEN-06: a generator belongs to a variable, and run closes none; asyncio says "10 closed by run" at the end.
  expect_trace(R"(
0 got 1
0 main ends
)",
               [&]() -> task<> {
                 keep = numbers();
                 while (const auto x = co_await keep->next()) {
                   log("got ", *x);
                   break;
                 }
                 log("main ends");
               });
}

}  // namespace
