#include "support/allocations.hpp"

#if WEFT_TEST_COUNTS_ALLOCATIONS

#include <gtest/gtest.h>

#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

/// How often a step allocates, once it is warm, in a thousand repetitions. Refills of the pool of frames count as well.
template <class F>
std::size_t allocations_of(F step) {
  auto main = [&]() -> weft::task<std::size_t> {
    for (int i = 0; i < 1000; ++i) co_await step();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) co_await step();
    co_return allocations() - before;
  };
  return weft::run(main, {.clock = weft::clock_mode::simulated});
}

weft::task<int> three() { co_return 3; }
weft::task<int> three_deep() {
  const int value = co_await three();
  co_return value;
}

TEST(Allocation, IsCounted) {
  const std::size_t before = allocations();
  ::operator delete(::operator new(1));
  EXPECT_EQ(allocations(), before + 1);
}

TEST(Allocation, NoneByAwaitingATask) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> { co_await three_deep(); }), 0u);
}

TEST(Allocation, NoneBySleeping) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              co_await weft::sleep(1ms);
              co_await weft::checkpoint();
            }),
            0u);
}

TEST(Allocation, NoneByCreatingAndJoiningATask) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              auto task = weft::create_task(three());
              co_await task;
            }),
            0u);
}

TEST(Allocation, NoneByCancellingATask) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              auto task = weft::create_task(weft::sleep(1h));
              co_await weft::checkpoint();
              task.cancel();
              co_await weft::checkpoint();
              co_await weft::checkpoint();
            }),
            0u);
}

TEST(Allocation, NoneByATaskGroup) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              co_await weft::with(weft::task_group{}, [](weft::task_group& tg) -> weft::task<> {
                tg.create_task(three());
                tg.create_task(weft::sleep(1ms));
                co_return;
              });
            }),
            0u);
}

TEST(Allocation, NoneByTimeLimits) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              co_await weft::wait_for(three(), 1s);
              co_await weft::wait_for(weft::sleep(1ms), 1s);
              co_await weft::move_on_after(1ms, weft::sleep(1s));
              co_await weft::with(weft::timeout(1s), []() -> weft::task<> { co_await weft::sleep(1ms); });
            }),
            0u);
}

TEST(Allocation, NoneByAFuture) {
  EXPECT_EQ(allocations_of([]() -> weft::task<> {
              weft::promise<int> promise;
              auto waiter = [](weft::future<int> future) -> weft::task<> { co_await future; };
              auto task = weft::create_task(waiter(promise.get_future()));
              co_await weft::checkpoint();
              promise.set_value(1);
              co_await task;
            }),
            0u);
}

TEST(Allocation, NoneByAQueue) {
  weft::queue<int> unbounded;
  EXPECT_EQ(allocations_of([&]() -> weft::task<> {
              for (int i = 0; i < 5; ++i) co_await unbounded.put(i);
              for (int i = 0; i < 5; ++i) co_await unbounded.get();
            }),
            0u);
}

TEST(Allocation, NoneByAFullQueue) {
  weft::queue<int> bounded{1};
  EXPECT_EQ(allocations_of([&]() -> weft::task<> {
              auto put = [](weft::queue<int>& queue) -> weft::task<> {
                for (int i = 0; i < 3; ++i) co_await queue.put(i);
              };
              auto task = weft::create_task(put(bounded));
              for (int i = 0; i < 3; ++i) co_await bounded.get();
              co_await task;
            }),
            0u);
}

TEST(Allocation, NoneByALock) {
  weft::lock lock;
  EXPECT_EQ(allocations_of([&]() -> weft::task<> {
              auto use = [](weft::lock& shared) -> weft::task<> {
                const weft::lock::guard held = co_await shared.acquire();
                co_await weft::checkpoint();
              };
              auto a = weft::create_task(use(lock));
              auto b = weft::create_task(use(lock));
              co_await a;
              co_await b;
            }),
            0u);
}

TEST(Allocation, NoneByASemaphore) {
  weft::semaphore semaphore{1};
  EXPECT_EQ(allocations_of([&]() -> weft::task<> {
              auto use = [](weft::semaphore& shared) -> weft::task<> {
                const auto permit = co_await shared.acquire();
                co_await weft::checkpoint();
              };
              auto a = weft::create_task(use(semaphore));
              auto b = weft::create_task(use(semaphore));
              co_await a;
              co_await b;
            }),
            0u);
}

TEST(Allocation, NoneByWakingUp) {
  weft::event event;
  EXPECT_EQ(allocations_of([&]() -> weft::task<> {
              auto wait = [](weft::event& awaited) -> weft::task<> { co_await awaited.wait(); };
              auto a = weft::create_task(wait(event));
              auto b = weft::create_task(wait(event));
              co_await weft::checkpoint();
              event.set();
              co_await a;
              co_await b;
              event.clear();
            }),
            0u);
}

}  // namespace

#endif
