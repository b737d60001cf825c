#include <support/scenario.hpp>

// Context variables, as CPython's traces show them.

namespace {

using namespace scenario;
using namespace std::chrono_literals;
using weft::task;

TEST(Context, s169_eager_context) {
  const weft::context_var<int> var{0};
  const auto child = [&]() -> task<> {
    log("child sees ", var.get(), ", alive ", weft::all_tasks().size());
    var.set(2);
    co_await sleep(10);
    log("child sees ", var.get());
  };
  expect_trace(R"(
0 child sees 1, alive 2
0 main sees 1
10 child sees 2
10 main sees 1
)",
               [&]() -> task<> {
                 var.set(1);
                 const auto t = weft::create_task(child, {.name = "C", .eager = true});
                 log("main sees ", var.get());
                 co_await t;
                 log("main sees ", var.get());
               });
}

TEST(Context, s181_ctx_task_copy) {
  const weft::context_var<std::string> var{"default"};
  const auto child = [&](std::string name) -> task<> {
    log(name, " sees ", var.get());
    var.set(name);
    co_await sleep(10);
    log(name, " sees ", var.get());
  };
  expect_trace(R"(
0 task sees main
10 task sees task
10 main sees main2
10 await sees main2
20 await sees await
20 main sees await
)",
               [&]() -> task<> {
                 var.set("main");
                 const auto t = spawn(child("task"), "T");
                 var.set("main2");
                 co_await t;
                 log("main sees ", var.get());
                 co_await child("await");
                 log("main sees ", var.get());
               });
}

TEST(Context, s182_ctx_explicit) {
  const weft::context_var<int> var{0};
  const auto callback = [&] { log("callback sees ", var.get()); };
  const auto bump = [&]() -> task<> {
    var.set(var.get() + 1);
    co_return;
  };
  expect_trace(R"(
0 shared 3 main 0
0 after reset 0
0 callback sees 10
10 callback sees 10
)",
               [&]() -> task<> {
                 const weft::context ctx = weft::copy_context();
                 for (int i = 0; i != 3; ++i) {
                   const auto t = weft::create_task(bump, {.context = &ctx});
                   co_await t;
                 }
                 log("shared ", ctx.run([&] { return var.get(); }), " main ", var.get());
                 auto token = var.set(10);
                 weft::promise<> fut;
                 fut.get_future().add_done_callback([&](const weft::future<>&) { callback(); });
                 weft::this_loop().call_later(10ms, callback);
                 var.reset(token);
                 log("after reset ", var.get());
                 fut.set_value();
                 co_await sleep(20);
               });
}

}  // namespace
