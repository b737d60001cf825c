#include <memory>
#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> get(std::string name, weft::queue<int>& q) {
  const log_at_stop stopped{name + " stopped"};
  const int x = co_await q.get();
  log(name, " got ", x);
}

weft::task<> put(std::string name, weft::queue<int>& q, int x) {
  const log_at_stop stopped{name + " stopped"};
  co_await q.put(x);
  log(name, " put ", x);
}

}  // namespace

TEST(Queue, AStolenItemSendsTheWokenGetterToTheEndOfTheLine) {
  expect_trace(R"(
0 stole 1
0 B got 2
0 A got 3
)",
               []() -> weft::task<> {
                 weft::queue<int> q;
                 auto a = spawn(get("A", q), "A");
                 auto b = spawn(get("B", q), "B");
                 co_await sleep(0);
                 q.put_nowait(1);
                 log("stole ", q.get_nowait());
                 co_await sleep(0);
                 q.put_nowait(2);
                 q.put_nowait(3);
                 co_await a;
                 EXPECT_TRUE(b.done());
               });
}

TEST(Queue, AStopBeforeOrAfterTheWakeUpLosesNoItem) {
  expect_trace(R"(
0 A stopped
0 B stopped
0 C got 1
)",
               []() -> weft::task<> {
                 weft::queue<int> q;
                 auto a = spawn(get("A", q), "A");
                 auto b = spawn(get("B", q), "B");
                 auto c = spawn(get("C", q), "C");
                 co_await sleep(0);
                 a.cancel();
                 q.put_nowait(1);
                 b.cancel();
                 co_await c;
               });
}

TEST(Queue, AStopBeforeOrAfterTheWakeUpPassesTheRoomOn) {
  expect_trace(R"(
0 A stopped
0 B stopped
0 C put 3
0 size 1
)",
               []() -> weft::task<> {
                 weft::queue<int> q{1};
                 q.put_nowait(0);
                 auto a = spawn(put("A", q, 1), "A");
                 auto b = spawn(put("B", q, 2), "B");
                 auto c = spawn(put("C", q, 3), "C");
                 co_await sleep(0);
                 a.cancel();
                 EXPECT_EQ(q.get_nowait(), 0);
                 b.cancel();
                 co_await c;
                 log("size ", q.size());
                 EXPECT_EQ(q.get_nowait(), 3);
               });
}

TEST(Queue, LosesNothingWhereverAConsumerIsStopped) {
  for (int steps = 0; steps < 12; ++steps) {
    weft::run(
        [&]() -> weft::task<> {
          weft::queue<int> q{2};
          int sum = 0;
          auto consume = [&]() -> weft::task<> {
            for (;;) {
              const int x = co_await q.get();
              sum += x;
              co_await weft::checkpoint();
            }
          };
          auto produce = [&]() -> weft::task<> {
            for (int i = 1; i <= 10; ++i) co_await q.put(i);
          };
          auto first = weft::create_task(consume());
          auto second = weft::create_task(consume());
          auto producer = weft::create_task(produce());
          for (int i = 0; i < steps; ++i) co_await weft::checkpoint();
          first.cancel();
          co_await producer;
          co_await sleep(1);
          EXPECT_EQ(sum, 55) << "stopped after " << steps << " steps";
          second.cancel();
        },
        {.clock = weft::clock_mode::simulated});
  }
}

TEST(Queue, NextGivesNothingOnceShutDownAndDrained) {
  expect_trace(R"(
0 1
0 2
0 None
0 waiter None
)",
               []() -> weft::task<> {
                 weft::queue<int> q;
                 q.put_nowait(1);
                 q.put_nowait(2);
                 q.shutdown();
                 EXPECT_TRUE(q.is_shutdown());
                 for (int i = 0; i < 3; ++i) {
                   const std::optional<int> x = co_await q.next();
                   log(x);
                 }
                 weft::queue<int> idle;
                 auto waiter = spawn(idle.next(), "W");
                 co_await sleep(0);
                 idle.shutdown();
                 co_await waiter;
                 log("waiter ", waiter.result());
               });
}

TEST(Queue, ShutdownWakesWaitingPutters) {
  expect_trace(R"(
0 put refused
0 get 1
0 get refused
)",
               []() -> weft::task<> {
                 weft::queue<int> q{1};
                 q.put_nowait(1);
                 auto late = spawn(q.put(2), "P");
                 co_await sleep(0);
                 q.shutdown();
                 try {
                   co_await late;
                 } catch (const weft::queue_shutdown&) {
                   log("put refused");
                 }
                 log("get ", q.get_nowait());
                 try {
                   (void)q.get_nowait();
                 } catch (const weft::queue_shutdown&) {
                   log("get refused");
                 }
               });
}

TEST(Queue, ImmediateShutdownDropsItemsAndEndsJoin) {
  expect_trace(R"(
0 joined, size 0
)",
               []() -> weft::task<> {
                 weft::queue<std::string> q;
                 q.put_nowait("a");
                 q.put_nowait("b");
                 auto join = spawn(q.join(), "J");
                 co_await sleep(0);
                 q.shutdown(true);
                 co_await join;
                 log("joined, size ", q.size());
               });
}

TEST(Queue, AWokenJoinReturnsEvenIfItemsCameMeanwhile) {
  expect_trace(R"(
0 joined, size 1
)",
               []() -> weft::task<> {
                 weft::queue<int> q;
                 q.put_nowait(1);
                 auto join = spawn(q.join(), "J");
                 co_await sleep(0);
                 (void)q.get_nowait();
                 q.task_done();
                 q.put_nowait(2);
                 co_await join;
                 log("joined, size ", q.size());
               });
}

TEST(Queue, WaitsWithATimeLimit) {
  expect_trace(R"(
10 no item
20 no room
20 size 1
)",
               []() -> weft::task<> {
                 weft::queue<int> q{1};
                 try {
                   co_await weft::wait_for(q.get(), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("no item");
                 }
                 q.put_nowait(1);
                 try {
                   co_await weft::wait_for(q.put(2), 10ms);
                 } catch (const weft::timeout_error&) {
                   log("no room");
                 }
                 log("size ", q.size());
               });
}

TEST(Queue, CarriesWhatCanOnlyBeMoved) {
  weft::run(
      []() -> weft::task<> {
        weft::queue<std::unique_ptr<int>> q{1};
        auto second = weft::create_task([&]() -> weft::task<> { co_await q.put(std::make_unique<int>(2)); });
        co_await q.put(std::make_unique<int>(1));
        co_await sleep(0);
        std::unique_ptr<int> x = co_await q.get();
        EXPECT_EQ(*x, 1);
        x = co_await q.get();
        EXPECT_EQ(*x, 2);
        co_await second;
        q.put_nowait(std::make_unique<int>(3));  // destroyed with the queue
      },
      {.clock = weft::clock_mode::simulated});
}

TEST(Queue, GrowsInOrderFromAnyPosition) {
  for (int offset = 0; offset < 9; ++offset) {
    weft::queue<std::string> q;
    for (int i = 0; i < offset; ++i) q.put_nowait("x");
    for (int i = 0; i < offset; ++i) EXPECT_EQ(q.get_nowait(), "x");
    for (int i = 0; i < 100; ++i) q.put_nowait(std::string(30, 'a') + std::to_string(i));
    for (int i = 0; i < 100; ++i) EXPECT_EQ(q.get_nowait(), std::string(30, 'a') + std::to_string(i));
  }
}

TEST(Queue, APriorityQueueKeepsTheOrderOfEqualItems) {
  struct job {
    int priority;
    int number;
  };
  struct more_urgent {
    bool operator()(const job& a, const job& b) const { return a.priority < b.priority; }
  };
  weft::priority_queue<job, more_urgent> q;
  for (int i = 0; i < 30; ++i) q.put_nowait(job{i % 3, i});
  int before = -1;
  for (int priority = 0; priority < 3; ++priority) {
    for (int i = 0; i < 10; ++i) {
      const job next = q.get_nowait();
      EXPECT_EQ(next.priority, priority);
      EXPECT_TRUE(i == 0 || next.number > before);
      before = next.number;
    }
  }
}

TEST(Queue, KnowsItsSizes) {
  weft::queue<int> q{2};
  EXPECT_TRUE(q.empty());
  EXPECT_FALSE(q.full());
  EXPECT_EQ(q.maxsize(), 2u);
  q.put_nowait(1);
  q.put_nowait(2);
  EXPECT_TRUE(q.full());
  EXPECT_EQ(q.size(), 2u);
  EXPECT_THROW(q.put_nowait(3), weft::queue_full);
  const weft::queue<int> unbounded;
  EXPECT_FALSE(unbounded.full());
  EXPECT_EQ(unbounded.maxsize(), 0u);
  weft::lifo_queue<int> empty;
  EXPECT_THROW((void)empty.get_nowait(), weft::queue_empty);
  EXPECT_THROW(empty.task_done(), std::logic_error);
}
