// What weft's tasks, timers, queues and locks cost, by the public interface.
//
//     peer_micro_weft TASK N

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "micro.hpp"

namespace {

using namespace std::chrono_literals;
using micro::measured;

weft::task<> yield_once() { co_await weft::checkpoint(); }
weft::task<> nothing() { co_return; }
weft::task<int> one() { co_return 1; }
weft::task<> sleep_long() { co_await weft::sleep(1h); }

weft::task<measured> spawn(long n) {
  const micro::stopwatch watch;
  co_await weft::with(weft::task_group{}, [&](weft::task_group& group) -> weft::task<> {
    for (long i = 0; i < n; ++i) group.create_task(yield_once());
    co_return;
  });
  co_return watch.stop();
}

weft::task<measured> create_join(long n) {
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) co_await weft::create_task(nothing());
  co_return watch.stop();
}

weft::task<> yield_often(long n) {
  for (long i = 0; i < n; ++i) co_await weft::checkpoint();
}

weft::task<measured> yield(long n) {
  const micro::stopwatch watch;
  co_await weft::gather(yield_often(n / 2), yield_often(n / 2));
  co_return watch.stop();
}

weft::task<measured> await(long n) {
  const micro::stopwatch watch;
  long sum = 0;
  for (long i = 0; i < n; ++i) sum += co_await one();
  micro::keep(sum);
  co_return watch.stop();
}

weft::task<measured> queue(long n) {
  weft::queue<long> items{64};
  const micro::stopwatch watch;
  auto consumer = weft::create_task([&]() -> weft::task<long> {
    long sum = 0;
    while (std::optional<long> item = co_await items.next()) sum += *item;
    co_return sum;
  });
  for (long i = 0; i < n; ++i) co_await items.put(i);
  items.shutdown();
  micro::keep(co_await consumer);
  co_return watch.stop();
}

weft::task<measured> clock(long n) {
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) micro::keep(weft::now());
  co_return watch.stop();
}

weft::task<measured> timer(long n) {
  const weft::loop_handle loop = weft::this_loop();
  long fired = 0;
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) loop.call_later(1h, [&] { ++fired; }).cancel();
  co_return watch.stop();
}

weft::task<measured> rearm(long n) {
  measured all;
  co_await weft::with(weft::timeout(std::nullopt), [&](weft::timeout_scope& limit) -> weft::task<> {
    const micro::stopwatch watch;
    for (long i = 0; i < n; ++i) {
      limit.reschedule(weft::now() + 1h);
      limit.reschedule(std::nullopt);
    }
    all = watch.stop();
    co_return;
  });
  co_return all;
}

weft::task<measured> timers(long n) {
  const weft::loop_handle loop = weft::this_loop();
  long fired = 0;
  std::vector<weft::callback_handle> armed(static_cast<std::size_t>(n));
  const micro::stopwatch watch;
  for (auto& handle : armed) handle = loop.call_later(1h, [&] { ++fired; });
  for (auto& handle : armed) handle.cancel();
  co_return watch.stop();
}

weft::task<measured> armed_timers(long n) {
  const weft::loop_handle loop = weft::this_loop();
  long fired = 0;
  const double before = micro::memory();
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) loop.call_later(1h, [&] { ++fired; });
  measured all = watch.stop();
  all.bytes = micro::memory() - before;
  co_return all;
}

weft::task<measured> timeout(long n) {
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) co_await weft::wait_for(yield_once(), 1s);
  co_return watch.stop();
}

weft::task<measured> timeout_ready(long n) {
  long sum = 0;
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) sum += co_await weft::wait_for(one(), 1s);
  micro::keep(sum);
  co_return watch.stop();
}

weft::task<measured> cancel(long n) {
  std::optional<micro::stopwatch> watch;
  co_await weft::with(weft::task_group{}, [&](weft::task_group& group) -> weft::task<> {
    for (long i = 0; i < n; ++i) group.create_task(sleep_long());
    co_await weft::checkpoint();
    co_await weft::checkpoint();
    watch.emplace();
    group.cancel();
  });
  co_return watch->stop();
}

weft::task<measured> sleeping(long n) {
  const double before = micro::memory();
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) weft::create_task(sleep_long());
  co_await weft::checkpoint();
  co_await weft::checkpoint();
  measured all = watch.stop();
  all.bytes = micro::memory() - before;
  co_return all;
}

weft::task<measured> lock(long n) {
  weft::lock mutex;
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) {
    const auto held = co_await mutex.acquire();
    micro::keep(held);
  }
  co_return watch.stop();
}

weft::task<> lock_often(weft::lock& mutex, long n) {
  for (long i = 0; i < n; ++i) {
    const auto held = co_await mutex.acquire();
    co_await weft::checkpoint();
  }
}

weft::task<measured> contended(long n) {
  weft::lock mutex;
  const micro::stopwatch watch;
  co_await weft::with(weft::task_group{}, [&](weft::task_group& group) -> weft::task<> {
    for (int i = 0; i < 10; ++i) group.create_task(lock_often(mutex, n / 10));
    co_return;
  });
  co_return watch.stop();
}

measured run(const std::string& task, long n) {
  const std::pair<const char*, weft::task<measured> (*)(long)> tasks[] = {
      {"spawn", spawn},     {"create_join", create_join},
      {"yield", yield},     {"await", await},
      {"queue", queue},     {"clock", clock},
      {"timer", timer},     {"rearm", rearm},
      {"timers", timers},   {"armed_timers", armed_timers},
      {"timeout", timeout}, {"timeout_ready", timeout_ready},
      {"cancel", cancel},   {"sleeping", sleeping},
      {"lock", lock},       {"contended", contended}};
  for (const auto& [name, function] : tasks)
    if (task == name) return weft::run(function(n));
  return {.nanoseconds = -1};
}

}  // namespace

int main(int argc, char** argv) { return micro::main(argc, argv, run); }
