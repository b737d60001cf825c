// What the synchronization primitives cost per operation.
#include <benchmark/benchmark.h>

#include <weft/weft.hpp>

namespace {

template <class F>
void in_loop(benchmark::State& state, F body) {
  weft::run([&]() -> weft::task<> { co_await body(state); });
}

void lock_and_unlock(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::lock mutex;
    for (auto _ : s) {
      auto held = co_await mutex.acquire();
      benchmark::DoNotOptimize(&held);
    }
  });
}
BENCHMARK(lock_and_unlock);

void queue_put_and_get(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::queue<int> items{64};
    for (auto _ : s) {
      co_await items.put(1);
      benchmark::DoNotOptimize(co_await items.get());
    }
  });
}
BENCHMARK(queue_put_and_get);

/// One producer and one consumer over a bounded queue; the figure is per item.
void queue_between_two_tasks(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::queue<int> items{64};
    weft::task_handle<long> consumer = weft::create_task([&]() -> weft::task<long> {
      long sum = 0;
      while (std::optional<int> item = co_await items.next()) sum += *item;
      co_return sum;
    });
    for (auto _ : s) co_await items.put(1);
    items.shutdown();
    const long sum = co_await consumer;
    if (sum != static_cast<long>(s.iterations())) s.SkipWithError("items were lost");
  });
}
BENCHMARK(queue_between_two_tasks);

}  // namespace
