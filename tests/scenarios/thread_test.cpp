#include <future>
#include <memory>
#include <support/scenario.hpp>

// Calls on threads, as CPython's traces show them.

namespace {

using namespace scenario;
using weft::task;

TEST(ThreadCalls, s172_exec_result) {
  static const weft::context_var<std::string> var{"unset"};
  const auto work = [](bool fail) {
    if (fail) throw value_error{"in thread"};
    return var.get();
  };
  expect_trace(R"(
0 from main
0 unset
0 ValueError(in thread)
)",
               [&]() -> task<> {
                 var.set("from main");
                 log(co_await weft::to_thread(work, false));
                 weft::thread_pool executor{1};
                 log(co_await executor.run(work, false));
                 try {
                   co_await weft::to_thread(work, true);
                 } catch (const value_error&) {
                   log(show_current());
                 }
               });
}

TEST(ThreadCalls, s173_exec_cancel) {
  struct threads_side {
    std::promise<void> begun;
    std::promise<void> gate;
    std::promise<std::string> seen;
  };
  const auto work = [](const std::shared_ptr<threads_side>& side) {
    side->begun.set_value();
    side->gate.get_future().wait();
    side->seen.set_value("thread finished");
    return "lost";
  };
  // IO-03: only a call that is given the right to outlive its awaiter is left behind by a stop.
  const auto awaiter = [&](std::shared_ptr<threads_side> side) -> task<> {
    co_await weft::to_thread({.abandon_on_stop = true}, work, side);
  };
  expect_trace(R"(
0 cancelled seen 0
0 thread finished
)",
               [&]() -> task<> {
                 const auto side = std::make_shared<threads_side>();
                 auto seen = side->seen.get_future();
                 const auto t = spawn(awaiter(side), "T");
                 co_await weft::checkpoint();
                 side->begun.get_future().wait();  // else the stop would withdraw the call
                 t.cancel();
                 co_await weft::wait(handles(t));
                 const bool early = seen.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
                 log(outcome(t), " seen ", static_cast<int>(early));
                 side->gate.set_value();
                 log(seen.get());
               });
}

}  // namespace
