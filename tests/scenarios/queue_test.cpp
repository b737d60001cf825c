#include <support/scenario.hpp>

using namespace scenario;

namespace {

weft::task<> putter(std::string name, weft::queue<std::string>& q) {
  const log_at_stop stopped{name + " cancelled"};
  co_await q.put(name);
  log(name, " put");
}

std::vector<weft::task_handle<void>> spawn_putters(weft::queue<std::string>& q, std::vector<const char*> names) {
  std::vector<weft::task_handle<void>> tasks;
  for (const char* n : names) tasks.push_back(spawn(putter(n, q), n));
  return tasks;
}

}  // namespace

TEST(Queue, s151_queue_orders) {
  using pair = std::pair<int, std::string>;
  auto drain = [](std::string name, auto& q) -> weft::task<> {
    for (const auto& x : std::vector<pair>{{2, "b"}, {1, "a"}, {3, "c"}}) co_await q.put(x);
    std::string out;
    while (!q.empty()) {
      const pair x = co_await q.get();
      out += " " + x.second;
    }
    log(name, out);
  };
  expect_trace(R"(
0 fifo b a c
0 lifo c a b
0 prio a b c
0 QueueEmpty
0 QueueFull
0 size 1 full True maxsize 1
)",
               [&]() -> weft::task<> {
                 weft::queue<pair> fifo;
                 co_await drain("fifo", fifo);
                 weft::lifo_queue<pair> lifo;
                 co_await drain("lifo", lifo);
                 weft::priority_queue<pair> prio;
                 co_await drain("prio", prio);
                 weft::queue<int> q{1};
                 try {
                   (void)q.get_nowait();
                 } catch (const weft::queue_empty&) {
                   log("QueueEmpty");
                 }
                 q.put_nowait(1);
                 try {
                   q.put_nowait(2);
                 } catch (const weft::queue_full&) {
                   log("QueueFull");
                 }
                 log("size ", q.size(), " full ", q.full(), " maxsize ", q.maxsize());
               });
}

TEST(Queue, s152_queue_no_yield) {
  auto producer = [](weft::queue<int>& q) -> weft::task<> {
    for (int i = 0; i < 3; ++i) {
      co_await q.put(i);
      log("put ", i);
    }
    log("producer ends");
  };
  auto consumer = [](weft::queue<int>& q) -> weft::task<> {
    for (int i = 0; i < 3; ++i) {
      const int x = co_await q.get();
      log("got ", x);
    }
  };
  expect_trace(R"(
0 put 0
0 put 1
0 put 2
0 producer ends
0 got 0
0 got 1
0 got 2
)",
               [&]() -> weft::task<> {
                 weft::queue<int> q;
                 co_await weft::gather(consumer(q), producer(q));
               });
}

TEST(Queue, s154_queue_getters_order) {
  auto getter = [](std::string name, weft::queue<int>& q) -> weft::task<> {
    const int x = co_await q.get();
    log(name, " got ", x);
  };
  expect_trace(R"(
10 two put, size 2
10 A got 1
10 B got 2
20 C got 3
)",
               [&]() -> weft::task<> {
                 weft::queue<int> q;
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(getter(n, q), n));
                 co_await sleep(10);
                 q.put_nowait(1);
                 q.put_nowait(2);
                 log("two put, size ", q.size());
                 co_await sleep(10);
                 co_await q.put(3);
                 co_await weft::wait(ts);
               });
}

TEST(Queue, s155_queue_putters_order) {
  expect_trace(R"(
10 got first
10 A put
20 got A
20 B put
30 got B
30 C put
40 got C
)",
               [&]() -> weft::task<> {
                 weft::queue<std::string> q{1};
                 q.put_nowait("first");
                 auto ts = spawn_putters(q, {"A", "B", "C"});
                 co_await sleep(10);
                 for (int i = 0; i < 4; ++i) {
                   const std::string x = co_await q.get();
                   log("got ", x);
                   co_await sleep(10);
                 }
                 co_await weft::wait(ts);
               });
}

TEST(Queue, s157_queue_steal_slot) {
  expect_trace(R"(
10 got first
20 got thief
20 B put
30 got B
30 A put
40 got A
)",
               [&]() -> weft::task<> {
                 weft::queue<std::string> q{1};
                 q.put_nowait("first");
                 auto ts = spawn_putters(q, {"A", "B"});
                 co_await sleep(10);
                 log("got ", q.get_nowait());
                 q.put_nowait("thief");
                 for (int i = 0; i < 3; ++i) {
                   co_await sleep(10);
                   log("got ", q.get_nowait());
                 }
                 co_await weft::wait(ts);
               });
}

TEST(Queue, s158_queue_get_cancel) {
  auto getter = [](std::string name, weft::queue<std::string>& q) -> weft::task<> {
    const at_stop stopped{[&] { log(name, " cancelled, size ", q.size()); }};
    const std::string x = co_await q.get();
    log(name, " got ", x);
  };
  expect_trace(R"(
10 A cancelled, size 1
10 B cancelled, size 1
10 C got x
10 size 0
)",
               [&]() -> weft::task<> {
                 weft::queue<std::string> q;
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(getter(n, q), n));
                 co_await sleep(10);
                 ts[0].cancel();
                 q.put_nowait("x");
                 ts[1].cancel();
                 co_await weft::wait(ts);
                 log("size ", q.size());
               });
}

TEST(Queue, s160_queue_put_cancel) {
  expect_trace(R"(
10 got first
10 A cancelled
10 B cancelled
10 C put
10 size 1 item C
)",
               [&]() -> weft::task<> {
                 weft::queue<std::string> q{1};
                 q.put_nowait("first");
                 auto ts = spawn_putters(q, {"A", "B", "C"});
                 co_await sleep(10);
                 ts[0].cancel();
                 log("got ", q.get_nowait());
                 ts[1].cancel();
                 co_await weft::wait(ts);
                 const std::size_t size = q.size();
                 log("size ", size, " item ", q.get_nowait());
               });
}

TEST(Queue, s161_queue_join) {
  auto worker = [](std::string name, weft::queue<int>& q) -> weft::task<> {
    for (;;) {
      const int x = co_await q.get();
      co_await sleep(10);
      log(name, " did ", x);
      q.task_done();
    }
  };
  expect_trace(R"(
0 empty join
10 A did 0
10 B did 1
20 A did 2
20 B did 3
30 A did 4
30 joined
30 ValueError
)",
               [&]() -> weft::task<> {
                 weft::queue<int> q;
                 co_await q.join();
                 log("empty join");
                 std::vector<weft::task_handle<void>> ws;
                 for (const char* n : {"A", "B"}) ws.push_back(spawn(worker(n, q), n));
                 for (int i = 0; i < 5; ++i) q.put_nowait(i);
                 co_await q.join();
                 log("joined");
                 for (auto& w : ws) w.cancel();
                 co_await weft::wait(ws);
                 try {
                   q.task_done();
                 } catch (const std::logic_error&) {
                   log("ValueError");
                 }
               });
}

TEST(Queue, s163_queue_join_sentinel) {
  auto consumer = [](weft::queue<std::optional<int>>& q) -> weft::task<> {
    for (;;) {
      const std::optional<int> x = co_await q.get();
      if (!x) break;
      q.task_done();
    }
  };
  expect_trace(R"(
50 join hangs
)",
               [&]() -> weft::task<> {
                 weft::queue<std::optional<int>> q;
                 for (std::optional<int> x : {std::optional{1}, std::optional{2}, std::optional<int>{}})
                   q.put_nowait(x);
                 co_await spawn(consumer(q), "C");
                 try {
                   co_await weft::wait_for(q.join(), 50ms);
                 } catch (const weft::timeout_error&) {
                   log("join hangs");
                 }
               });
}

TEST(Queue, s164_queue_unfinished_blocked_put) {
  expect_trace(R"(
10 join passed although a put is blocked
10 late put
10 size 1
)",
               [&]() -> weft::task<> {
                 weft::queue<std::string> q{1};
                 q.put_nowait("x");
                 auto p = spawn(putter("late", q), "P");
                 co_await sleep(10);
                 q.task_done();
                 co_await q.join();
                 log("join passed although a put is blocked");
                 (void)q.get_nowait();
                 co_await p;
                 log("size ", q.size());
               });
}

TEST(Queue, s166_queue_shutdown) {
  auto blocked_putter = [](weft::queue<int>& q) -> weft::task<> {
    try {
      co_await q.put(0);
      log("unreachable");
    } catch (const weft::queue_shutdown&) {
      log("putter QueueShutDown");
    }
  };
  auto getter = [](std::string name, weft::queue<int>& q) -> weft::task<> {
    try {
      for (;;) {
        const int x = co_await q.get();
        log(name, " got ", x);
      }
    } catch (const weft::queue_shutdown&) {
      log(name, " QueueShutDown");
    }
  };
  expect_trace(R"(
10 put_nowait QueueShutDown
10 putter QueueShutDown
10 drain got 1
10 drain got 2
10 drain QueueShutDown
20 A QueueShutDown
20 B QueueShutDown
)",
               [&]() -> weft::task<> {
                 weft::queue<int> q{2};
                 q.put_nowait(1);
                 q.put_nowait(2);
                 auto p = spawn(blocked_putter(q), "P");
                 co_await sleep(10);
                 q.shutdown();
                 try {
                   q.put_nowait(3);
                 } catch (const weft::queue_shutdown&) {
                   log("put_nowait QueueShutDown");
                 }
                 co_await p;
                 co_await getter("drain", q);
                 weft::queue<int> empty;
                 std::vector<weft::task_handle<void>> gs;
                 for (const char* n : {"A", "B"}) gs.push_back(spawn(getter(n, empty), n));
                 co_await sleep(10);
                 empty.shutdown();
                 empty.shutdown();
                 co_await weft::wait(gs);
               });
}

TEST(Queue, s167_queue_shutdown_immediate) {
  auto joiner = [](weft::queue<int>& q) -> weft::task<> {
    co_await q.join();
    log("joined");
  };
  expect_trace(R"(
10 size 0
10 get_nowait QueueShutDown
20 join pending
20 joined
)",
               [&]() -> weft::task<> {
                 weft::queue<int> q;
                 for (int i = 0; i < 3; ++i) q.put_nowait(i);
                 auto j = spawn(joiner(q), "J");
                 co_await sleep(10);
                 (void)q.get_nowait();
                 q.shutdown(true);
                 log("size ", q.size());
                 try {
                   (void)q.get_nowait();
                 } catch (const weft::queue_shutdown&) {
                   log("get_nowait QueueShutDown");
                 }
                 co_await sleep(10);
                 log("join ", outcome(j));
                 q.task_done();
                 co_await j;
               });
}
