#include <algorithm>
#include <support/scenario.hpp>

// asyncio's tasks, as CPython's traces show them.

using namespace scenario;

TEST(Task, s017_task_start_order) {
  expect_trace(R"(
0 created
0 plain runs
0 plain awaited
0 A runs
0 B runs
0 B
0 A
)",
               []() -> weft::task<> {
                 auto child = [](std::string name) -> weft::task<std::string> {
                   log(name, " runs");
                   co_return name;
                 };
                 auto a = spawn(child("A"), "A");
                 auto b = spawn(child("B"), "B");
                 log("created");
                 co_await child("plain");
                 log("plain awaited");
                 const std::string& from_b = co_await b;
                 log(from_b);
                 const std::string& from_a = co_await a;
                 log(from_a);
               });
}

TEST(Task, s019_task_awaiters_order) {
  expect_trace(R"(
0 A waits
0 B waits
0 C waits
10 set
10 A got 1
10 B got 1
10 C got 1
10 end
)",
               []() -> weft::task<> {
                 auto waiter = [](std::string name, weft::future<int> awaited) -> weft::task<> {
                   log(name, " waits");
                   const int value = co_await awaited;
                   log(name, " got ", value);
                 };
                 weft::promise<int> promise;
                 const weft::future<int> future = promise.get_future();
                 auto a = spawn(waiter("A", future), "A");
                 auto b = spawn(waiter("B", future), "B");
                 auto c = spawn(waiter("C", future), "C");
                 co_await sleep(10);
                 promise.set_value(1);
                 log("set");
                 co_await a;
                 co_await b;
                 co_await c;
                 log("end");
               });
}

TEST(Task, s020_task_done_callbacks) {
  // A callback cannot be removed again.
  expect_trace(R"(
0 set
0 cb2 x
0 cb1 x
0 late added
0 cb2 x
0 end
)",
               []() -> weft::task<> {
                 using text_future = weft::future<std::string>;
                 auto cb1 = [](const text_future& f) { log("cb1 ", f.result()); };
                 auto cb2 = [](const text_future& f) { log("cb2 ", f.result()); };
                 weft::promise<std::string> promise;
                 const text_future future = promise.get_future();
                 future.add_done_callback(cb2);
                 future.add_done_callback(cb1);
                 promise.set_value("x");
                 log("set");
                 co_await sleep(0);
                 future.add_done_callback(cb2);
                 log("late added");
                 co_await sleep(0);
                 log("end");
               });
}

TEST(Task, s022_task_future_states) {
  expect_trace(R"(
0 second set: InvalidStateError
0 cancel done: False
0 cancel: True True True
0 result: CancelledError
0 exception: KeyError(k)
0 await: KeyError
)",
               []() -> weft::task<> {
                 weft::promise<int> f;
                 f.set_value(1);
                 try {
                   f.set_value(2);
                 } catch (const weft::invalid_state_error&) {
                   log("second set: ", show_current());
                 }
                 const bool cancelled_done = f.get_future().cancel();
                 log("cancel done: ", cancelled_done);
                 weft::promise<int> g;
                 const weft::future<int> cancelled = g.get_future();
                 const bool cancelled_now = cancelled.cancel();
                 log("cancel: ", cancelled_now, " ", cancelled.cancelled(), " ", cancelled.done());
                 try {
                   (void)cancelled.result();
                 } catch (const weft::cancelled_error&) {
                   log("result: CancelledError");
                 }
                 weft::promise<int> h;
                 const weft::future<int> failed = h.get_future();
                 h.set_exception(std::make_exception_ptr(key_error{"k"}));
                 log("exception: ", show(failed.exception()));
                 try {
                   co_await failed;
                 } catch (const key_error&) {
                   log("await: KeyError");
                 }
               });
}

TEST(Task, s023_task_self_await) {
  expect_trace(R"(
0 RuntimeError
0 ok
)",
               []() -> weft::task<> {
                 weft::task_handle<std::string> self;
                 auto selfish = [&]() -> weft::task<std::string> {
                   try {
                     co_await self;
                   } catch (const std::logic_error&) {
                     log(show_current());
                   }
                   co_return "ok";
                 };
                 self = spawn(selfish, "S");
                 const std::string& value = co_await self;
                 log(value);
               });
}

TEST(Task, s025_task_current) {
  expect_trace(R"(
0 alive: kid main
0 callback: none
0 child in kid
0 helper in kid
0 child in renamed
0 helper in main
0 alive: main
)",
               []() -> weft::task<> {
                 auto alive = [] {
                   std::vector<std::string> names;
                   for (const weft::any_task_handle& t : weft::all_tasks()) names.push_back(t.name());
                   std::sort(names.begin(), names.end());
                   std::string text;
                   for (const std::string& name : names) text += " " + name;
                   return text;
                 };
                 auto helper = []() -> weft::task<> {
                   log("helper in ", me());
                   co_return;
                 };
                 auto child = [&]() -> weft::task<> {
                   log("child in ", me());
                   co_await helper();
                   weft::current_task().set_name("renamed");
                   log("child in ", me());
                 };
                 weft::current_task().set_name("main");
                 weft::this_loop().call_soon([] {
                   const weft::any_task_handle t = weft::current_task();
                   log("callback: ", t ? t.name() : "none");
                 });
                 auto t = spawn(child, "kid");
                 log("alive:", alive());
                 co_await t;
                 co_await helper();
                 log("alive:", alive());
               });
}

TEST(Task, s026_task_exception_shared) {
  expect_trace(R"(
10 A: ValueError(x)
10 B: ValueError(x)
20 late: ValueError(x)
20 error ValueError(x)
)",
               []() -> weft::task<> {
                 auto fails = []() -> weft::task<> {
                   co_await sleep(10);
                   throw value_error{"x"};
                 };
                 auto watch = [](std::string name, weft::task_handle<void> t) -> weft::task<> {
                   try {
                     co_await t;
                   } catch (const value_error&) {
                     log(name, ": ", show_current());
                   }
                 };
                 auto t = spawn(fails, "F");
                 auto a = spawn(watch("A", t), "A");
                 auto b = spawn(watch("B", t), "B");
                 co_await sleep(20);
                 co_await watch("late", t);
                 log(outcome(t));
               });
}

TEST(Task, s200_task_ensure_future) {
  // create_task of a handle makes a task that awaits it; there is nothing that keeps some and wraps others.
  expect_trace(R"(
0 same False
0 pending
0 1 1
)",
               []() -> weft::task<> {
                 auto job = []() -> weft::task<int> { co_return 1; };
                 auto t = spawn(job, "T");
                 log("same ", weft::create_task(t) == t);
                 auto u = weft::create_task(job());
                 log(outcome(u));
                 const int from_u = co_await u;
                 const int from_t = co_await t;
                 log(from_u, " ", from_t);
               });
}
