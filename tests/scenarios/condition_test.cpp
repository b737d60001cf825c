#include <support/scenario.hpp>

using namespace scenario;

TEST(Condition, s139_cond_notify) {
  auto waiter = [](std::string name, weft::condition& c) -> weft::task<> {
    {
      auto held = co_await c.acquire();
      log(name, " waits");
      co_await c.wait(held);
      // wait() gives nothing here, where Python's gives True.
      log(name, " woke ", held.owns_lock(), " locked ", c.locked());
      co_await sleep(5);
    }
    log(name, " left");
  };
  expect_trace(R"(
0 A waits
0 B waits
0 C waits
10 notified two
20 releasing
20 A woke True locked True
25 A left
25 B woke True locked True
30 B left
50 C woke True locked True
55 C left
55 notify without waiters
)",
               [&]() -> weft::task<> {
                 weft::condition c;
                 std::vector<weft::task_handle<void>> ts;
                 for (const char* n : {"A", "B", "C"}) ts.push_back(spawn(waiter(n, c), n));
                 co_await sleep(10);
                 {
                   auto held = co_await c.acquire();
                   c.notify(2);
                   log("notified two");
                   co_await sleep(10);
                   log("releasing");
                 }
                 co_await sleep(30);
                 {
                   auto held = co_await c.acquire();
                   c.notify_all();
                 }
                 co_await weft::wait(ts);
                 {
                   auto held = co_await c.acquire();
                   c.notify();
                 }
                 log("notify without waiters");
               });
}

TEST(Condition, s140_cond_wait_for) {
  auto consumer = [](weft::condition& c, std::vector<int>& box) -> weft::task<> {
    {
      auto held = co_await c.acquire();
      const int value = co_await c.wait(held, [&] { return box.size() >= 2 ? box[0] + box[1] : 0; });
      log("predicate ", value);
    }
    {
      auto held = co_await c.acquire();
      const char* value = co_await c.wait(held, [] { return "yes"; });
      log("at once ", value);
    }
  };
  expect_trace(R"(
10 added 1
20 added 2
20 predicate 3
20 at once yes
)",
               [&]() -> weft::task<> {
                 weft::condition c;
                 std::vector<int> box;
                 auto t = spawn(consumer(c, box), "C");
                 for (int i : {1, 2}) {
                   co_await sleep(10);
                   auto held = co_await c.acquire();
                   box.push_back(i);
                   log("added ", i);
                   c.notify();
                 }
                 co_await t;
               });
}

namespace {

weft::task<> wait_until_stopped(weft::condition& c) {
  auto held = co_await c.acquire();
  const at_stop stopped{[&] { log("CancelledError locked ", c.locked()); }};
  co_await c.wait(held);
}

}  // namespace

TEST(Condition, s142_cond_cancel) {
  expect_trace(R"(
30 still pending
30 CancelledError locked True
30 cancelled locked False
)",
               [&]() -> weft::task<> {
                 weft::condition c;
                 auto w = spawn(wait_until_stopped(c), "W");
                 co_await sleep(10);
                 auto held = co_await c.acquire();
                 w.cancel();
                 co_await sleep(20);
                 log("still ", outcome(w));
                 held.unlock();
                 co_await weft::wait(handles(w));
                 log(outcome(w), " locked ", c.locked());
               });
}

TEST(Condition, s143_cond_cancel_twice) {
  expect_trace(R"(
30 still pending
30 CancelledError locked True
30 cancelled cancelling True
)",  // CANCEL-09: a stop is not counted
               [&]() -> weft::task<> {
                 weft::condition c;
                 auto w = spawn(wait_until_stopped(c), "W");
                 co_await sleep(10);
                 auto held = co_await c.acquire();
                 w.cancel();
                 co_await sleep(10);
                 w.cancel();
                 co_await sleep(10);
                 log("still ", outcome(w));
                 held.unlock();
                 co_await weft::wait(handles(w));
                 log(outcome(w), " cancelling ", w.cancelling());
               });
}

TEST(Condition, s145_cond_shared_lock) {
  auto put = [](weft::lock& lock, weft::condition& not_full, weft::condition& not_empty, std::vector<int>& buf,
                int count) -> weft::task<> {
    for (int x = 0; x < count; ++x) {
      auto held = co_await lock.acquire();
      while (buf.size() >= 2) co_await not_full.wait(held);
      buf.push_back(x);
      log("put ", x);
      not_empty.notify();
    }
  };
  auto get = [](weft::lock& lock, weft::condition& not_full, weft::condition& not_empty, std::vector<int>& buf,
                int count) -> weft::task<> {
    for (int i = 0; i < count; ++i) {
      co_await sleep(10);
      auto held = co_await lock.acquire();
      while (buf.empty()) co_await not_empty.wait(held);
      const int x = buf.front();
      buf.erase(buf.begin());
      log("got ", x);
      not_full.notify();
    }
  };
  expect_trace(R"(
0 put 0
0 put 1
10 got 0
10 put 2
20 got 1
20 put 3
30 got 2
30 put 4
40 got 3
50 got 4
)",
               [&]() -> weft::task<> {
                 weft::lock lock;
                 weft::condition nf{lock};
                 weft::condition ne{lock};
                 std::vector<int> buf;
                 co_await weft::gather(put(lock, nf, ne, buf, 5), get(lock, nf, ne, buf, 5));
               });
}

TEST(Condition, s211_cond_timeout) {
  auto notifier = [](weft::condition& c) -> weft::task<> {
    co_await sleep(5);
    auto held = co_await c.acquire();
    log("notifier has the lock");
    co_await sleep(20);
    log("notifier leaves without notify");
  };
  expect_trace(R"(
5 notifier has the lock
25 notifier leaves without notify
25 TimeoutError locked True
25 locked False
)",
               [&]() -> weft::task<> {
                 weft::condition c;
                 auto n = spawn(notifier(c), "N");
                 {
                   auto held = co_await c.acquire();
                   try {
                     co_await weft::with(weft::timeout(10ms), [&]() -> weft::task<> { co_await c.wait(held); });
                   } catch (const weft::timeout_error&) {
                     log("TimeoutError locked ", c.locked());
                   }
                 }
                 log("locked ", c.locked());
                 co_await n;
               });
}
