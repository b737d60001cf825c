#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

// What the tests set belongs to their tasks, so that one global serves all.
const weft::context_var<std::string> request{"none", "request"};
const weft::context_var<int> depth{0};

weft::task<std::string> read() {
  co_await weft::checkpoint();
  co_return request.get();
}

TEST(ContextVar, GivesItsDefaultWhereNothingWasSet) {
  EXPECT_EQ(request.get(), "none");
  EXPECT_EQ(request.name(), "request");
  EXPECT_EQ(weft::run(read, simulated), "none");
}

TEST(ContextVar, IsCopiedWhenATaskIsMade) {
  weft::run(
      []() -> weft::task<> {
        request.set("parent");
        auto child = weft::create_task([]() -> weft::task<std::string> {
          std::string seen = request.get();
          request.set("child");
          co_await weft::checkpoint();
          co_return seen + " " + request.get();
        });
        request.set("later");
        const std::string seen = co_await child;
        EXPECT_EQ(seen, "parent child");
        EXPECT_EQ(request.get(), "later");
      },
      simulated);
  EXPECT_EQ(request.get(), "none");
}

TEST(ContextVar, IsSharedByWhatATaskAwaits) {
  weft::run(
      []() -> weft::task<> {
        auto set = []() -> weft::task<> {
          request.set("callee");
          co_return;
        };
        co_await set();
        EXPECT_EQ(request.get(), "callee");
        co_await weft::wait_for(set(), 1s);
        co_await weft::with(weft::timeout(1s), []() -> weft::task<> {
          request.set("block");
          co_return;
        });
        EXPECT_EQ(request.get(), "block");
      },
      simulated);
}

TEST(ContextVar, GatherStartsEachChildOnACopy) {
  weft::run(
      []() -> weft::task<> {
        request.set("outside");
        auto child = [](int n) -> weft::task<std::string> {
          std::string before = request.get();
          request.set(std::to_string(n));
          co_await weft::checkpoint();
          co_return before + request.get();
        };
        auto [a, b] = co_await weft::gather(child(1), child(2));
        EXPECT_EQ(a, "outside1");
        EXPECT_EQ(b, "outside2");
        EXPECT_EQ(request.get(), "outside");
      },
      simulated);
}

TEST(ContextVar, AnEagerTaskHasACopyToo) {
  weft::run(
      []() -> weft::task<> {
        request.set("parent");
        auto child = weft::create_task(
            []() -> weft::task<> {
              EXPECT_EQ(request.get(), "parent");
              request.set("child");
              co_return;
            },
            {.eager = true});
        EXPECT_TRUE(child.done());
        EXPECT_EQ(request.get(), "parent");
        co_await child;
      },
      simulated);
}

TEST(ContextVar, ResetRestoresWhatWasBefore) {
  weft::run(
      []() -> weft::task<> {
        auto first = request.set("1");
        auto second = request.set("2");
        request.reset(second);
        EXPECT_EQ(request.get(), "1");
        request.reset(first);
        EXPECT_EQ(request.get(), "none");
        EXPECT_THROW(request.reset(first), std::logic_error);  // used before
        auto token = request.set("3");
        auto other = weft::create_task([&]() -> weft::task<> {
          EXPECT_THROW(request.reset(token), std::logic_error);  // another task's
          co_return;
        });
        co_await other;
        EXPECT_EQ(request.get(), "3");
      },
      simulated);
}

TEST(ContextVar, ScopedEndsWithItsGuardAlsoWhenStopped) {
  weft::run(
      []() -> weft::task<> {
        {
          auto outer = request.scoped("outer");
          auto inner = request.scoped("inner");
          EXPECT_EQ(request.get(), "inner");
        }
        EXPECT_EQ(request.get(), "none");
        bool in_time = co_await weft::move_on_after(1ms, []() -> weft::task<> {
          auto set = request.scoped("stopped");
          co_await weft::sleep(1h);
        });
        EXPECT_FALSE(in_time);
        EXPECT_EQ(request.get(), "none");
      },
      simulated);
}

TEST(ContextVar, CallbacksSeeWhatWasSetWhenTheyWereRegistered) {
  weft::run(
      []() -> weft::task<> {
        std::vector<std::string> seen;
        auto note = [&] { seen.push_back(request.get()); };
        auto loop = weft::this_loop();
        request.set("first");
        loop.call_soon(note);
        loop.call_later(1ms, note);
        auto task = weft::create_task([]() -> weft::task<> { co_return; });
        task.add_done_callback([&](weft::any_task_handle) { note(); });
        request.set("second");
        loop.call_soon([&] {
          request.set("in the callback");
          note();
        });
        loop.call_soon(note);
        co_await weft::sleep(2ms);
        EXPECT_EQ(seen, (std::vector<std::string>{"first", "in the callback", "second", "first", "first"}));
        EXPECT_EQ(request.get(), "second");
      },
      simulated);
}

TEST(ContextVar, GoesAlongToThreads) {
  weft::run([]() -> weft::task<> {
    request.set("of the task");
    const std::string seen = co_await weft::to_thread([] {
      std::string before = request.get();
      request.set("of the thread");
      return before;
    });
    EXPECT_EQ(seen, "of the task");
    EXPECT_EQ(request.get(), "of the task");
    std::string elsewhere;
    std::thread{[&] { elsewhere = request.get(); }}.join();
    EXPECT_EQ(elsewhere, "none");
  });
}

TEST(ContextVar, RunTakesOverTheThreadsValues) {
  std::thread{[] {
    request.set("of this thread");
    const std::string seen = weft::run(read, simulated);
    EXPECT_EQ(seen, "of this thread");
    weft::run(
        []() -> weft::task<> {
          request.set("of main");
          co_return;
        },
        simulated);
    EXPECT_EQ(request.get(), "of this thread");
  }}.join();
}

TEST(ContextVar, RunsOfOneRunnerShareTheirValues) {
  weft::runner runner{simulated};
  runner.run([]() -> weft::task<> {
    request.set("of the first run");
    co_return;
  });
  EXPECT_EQ(runner.run(read), "of the first run");
  EXPECT_EQ(request.get(), "none");
}

TEST(ContextVar, RunCoroutineThreadsafeTakesTheCallersValues) {
  weft::run([]() -> weft::task<> {
    const auto call = [loop = weft::this_loop()] {
      request.set("of the caller");
      return loop.run_coroutine_threadsafe(read).get();
    };
    const std::string seen = co_await weft::to_thread(call);
    EXPECT_EQ(seen, "of the caller");
  });
}

TEST(ContextVar, ValuesAreReleasedWithTheLastTaskThatHasThem) {
  auto value = std::make_shared<int>(1);
  const weft::context_var<std::shared_ptr<int>> held{nullptr};
  weft::run(
      [&]() -> weft::task<> {
        held.set(value);
        auto child = weft::create_task([]() -> weft::task<> { co_await weft::sleep(1s); });
        held.set(nullptr);
        EXPECT_EQ(value.use_count(), 2);  // the child's
        co_await child;
      },
      simulated);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(ContextVar, ManyVariablesAreIndependent) {
  weft::run(
      []() -> weft::task<> {
        std::vector<std::unique_ptr<weft::context_var<int>>> all;
        for (int i = 0; i < 20; ++i) all.push_back(std::make_unique<weft::context_var<int>>(-1));
        for (std::size_t i = all.size(); i > 0; --i) all[i - 1]->set(static_cast<int>(i));
        for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]->get(), static_cast<int>(i) + 1);
        EXPECT_EQ(depth.get(), 0);
        co_return;
      },
      simulated);
}

TEST(Context, IsSharedByTheTasksItIsGivenTo) {
  weft::run(
      []() -> weft::task<> {
        request.set("outside");
        const weft::context shared = weft::copy_context();
        auto setter = weft::create_task(
            []() -> weft::task<> {
              request.set("by the first");
              co_return;
            },
            {.context = &shared});
        co_await setter;
        auto reader = weft::create_task(read, {.context = &shared});
        const std::string seen = co_await reader;
        EXPECT_EQ(seen, "by the first");
        EXPECT_EQ(request.get(), "outside");
        EXPECT_EQ(shared.run([] { return request.get(); }), "by the first");
        shared.run([] { request.set("by run"); });
        EXPECT_EQ(shared.run([] { return request.get(); }), "by run");
        EXPECT_EQ(request.get(), "outside");
      },
      simulated);
}

}  // namespace
