#include <gtest/gtest.h>
#include <algorithm>

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/core/thread_pool.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

int half(int n) {
  if (n % 2 != 0) throw std::domain_error{"odd"};
  return n / 2;
}

/// Runs on the simulated clock, which stands still while threads work.
template <class F>
auto run_simulated(F body) {
  return weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

TEST(ThreadPool, GivesBackWhatTheFunctionGave) {
  run_simulated([]() -> weft::task<> {
    const auto loop_thread = std::this_thread::get_id();
    auto there = co_await weft::to_thread([] { return std::this_thread::get_id(); });
    EXPECT_NE(there, loop_thread);
    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
    EXPECT_EQ(co_await weft::to_thread(half, 8), 4);
    co_await weft::to_thread([] {});
  });
}

TEST(ThreadPool, GivesBackTheException) {
  run_simulated([]() -> weft::task<> {
    std::string caught;
    try {
      co_await weft::to_thread(half, 3);
    } catch (const std::domain_error& e) {
      caught = e.what();
    }
    EXPECT_EQ(caught, "odd");
  });
}

TEST(ThreadPool, MovesArgumentsAndResults) {
  run_simulated([]() -> weft::task<> {
    auto twice = [](std::unique_ptr<int> n) {
      *n *= 2;
      return n;
    };
    auto n = co_await weft::to_thread(twice, std::make_unique<int>(21));
    EXPECT_EQ(*n, 42);
    int seen = 0;
    int& same = co_await weft::to_thread([](int& r) -> int& { return r; }, std::ref(seen));
    EXPECT_EQ(&same, &seen);
    std::string text = "four";
    EXPECT_EQ(co_await weft::to_thread(&std::string::size, text), 4U);
  });
}

TEST(ThreadPool, RunsAsManyAtATimeAsItHasThreads) {
  run_simulated([]() -> weft::task<> {
    weft::thread_pool pool{3};
    std::latch all_there{3};  // nobody passes unless three run at the same time
    std::atomic<int> most{0};
    std::atomic<int> present{0};
    auto job = [&] {
      most = std::max(most.load(), ++present);
      all_there.arrive_and_wait();
      --present;
    };
    std::vector<weft::task_handle<void>> jobs;
    for (int i = 0; i < 3; ++i) jobs.push_back(weft::create_task(pool.run(job)));
    for (auto& h : jobs) co_await h;
    EXPECT_LE(most.load(), 3);
    std::vector<weft::task_handle<int>> more;
    for (int i = 0; i < 100; ++i) more.push_back(weft::create_task(pool.run(half, 2 * i)));
    int sum = 0;
    for (auto& h : more) sum += co_await h;
    EXPECT_EQ(sum, 4950);
  });
}

TEST(ThreadPool, TheLoopGoesOnMeanwhile) {
  weft::run([]() -> weft::task<> {
    std::promise<void> go;
    auto waiting = weft::create_task(weft::to_thread([&] { go.get_future().wait(); }));
    co_await weft::sleep(1ms);
    EXPECT_FALSE(waiting.done());
    go.set_value();
    co_await waiting;
  });
}

TEST(ThreadPool, TheSimulatedClockStandsStillWhileThreadsWork) {
  run_simulated([]() -> weft::task<> {
    auto sleeper = weft::create_task(weft::sleep(1h));
    co_await weft::to_thread([] { std::this_thread::sleep_for(2ms); });
    EXPECT_EQ(weft::now().time_since_epoch(), 0s);
    sleeper.cancel();
  });
}

TEST(ThreadPool, AStopWithdrawsACallThatHasNotBegun) {
  run_simulated([]() -> weft::task<> {
    weft::thread_pool pool{1};
    std::promise<void> go;
    bool ran = false;
    auto first = weft::create_task(pool.run([&] { go.get_future().wait(); }));
    auto second = weft::create_task(pool.run([&] { ran = true; }));
    co_await weft::sleep(0ms);
    second.cancel();
    co_await weft::sleep(0ms);
    EXPECT_TRUE(second.cancelled());
    EXPECT_FALSE(first.done());
    go.set_value();
    co_await first;
    EXPECT_FALSE(ran);
  });
}

TEST(ThreadPool, AStopWaitsForACallThatRuns) {
  run_simulated([]() -> weft::task<> {
    std::promise<void> begun;
    std::promise<void> go;
    bool ended = false;
    bool went_on = false;
    auto waiting = weft::create_task([&]() -> weft::task<> {
      co_await weft::to_thread([&] {
        begun.set_value();
        go.get_future().wait();
        ended = true;
        throw std::runtime_error{"dropped"};
      });
      went_on = true;
    });
    co_await weft::sleep(0ms);
    begun.get_future().wait();
    waiting.cancel();
    for (int i = 0; i < 5; ++i) co_await weft::sleep(0ms);
    EXPECT_FALSE(waiting.done());
    go.set_value();
    bool cancelled = false;
    try {
      co_await waiting;
    } catch (const weft::cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    EXPECT_TRUE(ended);
    EXPECT_FALSE(went_on);
  });
}

TEST(ThreadPool, AStopAbandonsACallThatOwnsWhatItUses) {
  auto go = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::atomic<bool>>(false);
  run_simulated([&]() -> weft::task<> {
    auto begun = std::make_shared<std::promise<void>>();
    auto job = [begun, go, ended] {
      begun->set_value();
      go->get_future().wait();
      *ended = true;
    };
    auto waiting = weft::create_task(weft::to_thread({.abandon_on_stop = true}, job));
    co_await weft::sleep(0ms);
    begun->get_future().wait();
    waiting.cancel();
    co_await weft::sleep(0ms);
    EXPECT_TRUE(waiting.cancelled());
    co_await weft::sleep(1h);  // the clock does not wait for it either
    go->set_value();
  });
  EXPECT_TRUE(*ended);  // the loop's end waits for its threads
}

TEST(ThreadPool, AnAbandonedCallMayOutliveItsLoop) {
  std::promise<void> go;
  {
    weft::thread_pool pool{1};
    auto wait = [future = go.get_future().share()] { future.wait(); };
    run_simulated([&]() -> weft::task<> {
      auto waiting = weft::create_task(pool.run({.abandon_on_stop = true}, wait));
      co_await weft::sleep(0ms);
      waiting.cancel();
      co_await weft::sleep(0ms);
    });
    go.set_value();
  }
}

TEST(ThreadPool, AStopThatCameBeforeStartsNothing) {
  run_simulated([]() -> weft::task<> {
    bool ran = false;
    auto h = weft::create_task([&]() -> weft::task<> {
      weft::current_task().cancel();
      co_await weft::to_thread([&] { ran = true; });
    });
    co_await weft::sleep(0ms);
    co_await weft::sleep(0ms);
    EXPECT_TRUE(h.cancelled());
    EXPECT_FALSE(ran);
  });
}

TEST(ThreadPool, RefusesCallsOnceClosed) {
  run_simulated([]() -> weft::task<> {
    weft::thread_pool pool{1};
    EXPECT_EQ(co_await pool.run(half, 2), 1);
    auto late = pool.run(half, 2);
    pool.close();
    pool.close();
    bool refused = false;
    try {
      co_await late;
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
  EXPECT_THROW(weft::thread_pool{0}, std::invalid_argument);
}

TEST(ThreadPool, CallsGoBackToTheLoopTheyCameFrom) {
  weft::thread_pool pool{4};
  auto many = [&]() -> weft::task<int> {
    const auto here = std::this_thread::get_id();
    int right = 0;
    for (int i = 0; i < 200; ++i) {
      co_await pool.run([] {});
      right += static_cast<int>(std::this_thread::get_id() == here);
    }
    co_return right;
  };
  int other = 0;
  std::thread second{[&] { other = weft::run(many()); }};
  EXPECT_EQ(weft::run(many()), 200);
  second.join();
  EXPECT_EQ(other, 200);
}

TEST(ThreadPool, MakesBlockingFunctionsAsynchronous) {
  run_simulated([]() -> weft::task<> {
    auto async_half = weft::to_async(half);
    EXPECT_EQ(co_await async_half(10), 5);
    EXPECT_EQ(co_await async_half(12), 6);
  });
}

TEST(ThreadPool, EndsWithTheLoopWhateverIsUnderWay) {
  std::atomic<int> ended{0};
  run_simulated([&]() -> weft::task<> {
    for (int i = 0; i < 20; ++i) {
      weft::create_task(weft::to_thread([&] { ++ended; }));
    }
    co_await weft::sleep(0ms);
  });
  EXPECT_LE(ended.load(), 20);
}

}  // namespace
