#include <algorithm>
#include <map>
#include <support/scenario.hpp>

// Small programs of several primitives, as CPython's traces show them.

namespace {

using namespace scenario;
using weft::task;

/// Refuses calls for 50 ms once two have failed in a row.
class breaker {
 public:
  task<std::string> call(bool fail) {
    if (state_ == "open") {
      if (now() - at_ < 50) co_return "rejected";
      state_ = "half-open";
    }
    try {
      co_await sleep(5);
      if (fail) throw value_error{"down"};
      fails_ = 0;
      state_ = "closed";
      co_return "ok";
    } catch (const value_error&) {
      ++fails_;
      at_ = now();
      if (fails_ >= 2) state_ = "open";
    }
    co_return "failed";
  }
  const std::string& state() const { return state_; }

 private:
  std::string state_ = "closed";
  int fails_ = 0;
  std::int64_t at_ = 0;
};

TEST(Seeds, s191_seed_breaker) {
  expect_trace(R"(
5 ok -> closed
10 failed -> closed
15 failed -> open
15 rejected -> open
15 rejected -> open
70 ok -> closed
)",
               []() -> task<> {
                 breaker guarded;
                 for (const bool fail : {false, true, true, false, false}) {
                   const std::string said = co_await guarded.call(fail);
                   log(said, " -> ", guarded.state());
                 }
                 co_await sleep(50);
                 const std::string said = co_await guarded.call(false);
                 log(said, " -> ", guarded.state());
               });
}

TEST(Seeds, s193_seed_crawler) {
  using urls = std::vector<std::string>;
  const std::map<std::string, urls> links{{"/", {"/a", "/b"}}, {"/a", {"/c", "/"}}, {"/b", {"/c"}}, {"/c", {}}};
  struct done_with_it {
    explicit done_with_it(weft::queue<std::string>& queue) : q{&queue} {}
    done_with_it(const done_with_it&) = delete;
    done_with_it& operator=(const done_with_it&) = delete;
    ~done_with_it() { q->task_done(); }
    weft::queue<std::string>* q;
  };
  const auto worker = [&](std::string name, weft::queue<std::string>& q, urls& visited) -> task<> {
    for (;;) {
      const std::string url = co_await q.get();
      const done_with_it guard{q};
      if (std::find(visited.begin(), visited.end(), url) != visited.end()) continue;
      visited.push_back(url);
      co_await sleep(10 + 7 * static_cast<int>(url.size()));
      log(name, " fetched ", url);
      for (const std::string& link : links.at(url)) co_await q.put(link);
    }
  };
  expect_trace(R"(
17 A fetched /
41 A fetched /a
41 B fetched /b
65 A fetched /c
65 / /a /b /c
)",
               [&]() -> task<> {
                 weft::queue<std::string> q;
                 urls visited;
                 q.put_nowait("/");
                 std::vector<weft::task_handle<void>> ws;
                 for (const char* name : {"A", "B"}) ws.push_back(spawn(worker(name, q, visited), name));
                 co_await q.join();
                 for (const auto& w : ws) w.cancel();
                 co_await weft::gather(weft::return_exceptions, ws);
                 std::string all;
                 for (const std::string& url : visited) all += (all.empty() ? "" : " ") + url;
                 log(all);
               });
}

TEST(Seeds, s194_seed_bounded_map) {
  const auto source = [](int n) -> weft::async_generator<int> {
    for (int i = 0; i != n; ++i) {
      co_await sleep(3);
      co_yield i;
    }
  };
  const auto process = [](int i, weft::semaphore& sem) -> task<int> {
    const auto permit = co_await sem.acquire();
    log("start ", i);
    co_await sleep(10 + i);
    co_return i* i;
  };
  expect_trace(R"(
3 start 0
6 start 1
13 start 2
17 start 3
25 start 4
39 [0, 1, 4, 9, 16]
)",
               [&]() -> task<> {
                 weft::semaphore sem{2};
                 std::vector<weft::task_handle<int>> tasks;
                 auto from = source(5);
                 while (const auto i = co_await from.next()) {
                   tasks.push_back(spawn(process(*i, sem), "P" + std::to_string(*i)));
                 }
                 log(co_await weft::gather(tasks));
               });
}

}  // namespace
