#include <csignal>
#include <support/scenario.hpp>
#include <weft/process.hpp>

// Signals and subprocesses, as CPython's traces show them.

namespace {

using namespace scenario;
using weft::command;
using weft::task;

TEST(Signals, s175_signal_shutdown) {
  const auto worker = [](std::string name, int cleanup) -> task<> {
    co_await weft::with(weft::finally([&]() -> task<> {
                          co_await sleep(cleanup);
                          log(name, " cleaned");
                        }),
                        []() -> task<> { co_await sleep(1000); });
  };
  const auto shutdown = [](std::vector<weft::task_handle<void>> tasks, weft::event& stop) -> task<> {
    for (const auto& t : tasks) t.cancel();
    const auto rs = co_await weft::gather(weft::return_exceptions, tasks);
    std::string text;
    for (const auto& r : rs) text += (text.empty() ? "" : ", ") + show(r.error());
    log(text);
    stop.set();
  };
  expect_trace(R"(
20 B cleaned
30 A cleaned
30 CancelledError, CancelledError
30 end
)",
               [&]() -> task<> {
                 weft::event stop;
                 const auto tasks = handles(spawn(worker("A", 20), "A"), spawn(worker("B", 10), "B"));
                 const auto handler = [&]() -> task<> {
                   weft::signal_set term{SIGTERM};
                   co_await term.next();
                   spawn(shutdown(tasks, stop), "shutdown");
                 };
                 spawn(handler, "handler");
                 co_await sleep(10);
                 std::raise(SIGTERM);
                 co_await stop.wait();
                 log("end");
               });
}

TEST(Processes, s179_proc_communicate) {
  // IO-12: a process belongs to the call that awaits it. So nobody sees it without an exit code, as asyncio's "None 3"
  // has it, or ends it from outside: the last one does that itself.
  expect_trace(R"(
0 hello None 0
0 3
0 -15
)",
               []() -> task<> {
                 const external work;
                 auto p = co_await command("cat").input("hello").output();
                 log(p.out, " ", p.err.empty() ? "None" : p.err, " ", p.exit_code);
                 log(co_await command("sh").args("-c", "exit 3").run());
                 log(co_await command("sh").args("-c", "kill -TERM $$; exec sleep 100").run());
               });
}

}  // namespace
