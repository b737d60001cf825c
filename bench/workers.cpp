// Many loops: whether work scales with them, and what a message between two costs.
//
// Time is CPU time, divided by what was done: on a machine that does other things too, wall time says more about those.
// Work that does not get in its own way costs the same on one loop and on two; starting them is not counted.

#include <benchmark/benchmark.h>

#include <ctime>
#include <numeric>
#include <vector>
#include <weft/weft.hpp>

namespace {

double cpu_time(clockid_t of) {
  timespec t{};
  ::clock_gettime(of, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Runs `work`, and counts the CPU time of the process.
template <class F>
void measure(benchmark::State& state, F work) {
  for (auto _ : state) {
    const double before = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
    work();
    state.SetIterationTime(cpu_time(CLOCK_PROCESS_CPUTIME_ID) - before);
  }
}

/// Runs `work`, which does `each` things, on each of so many loops, and counts the CPU time of their threads meanwhile.
template <class F>
void measure_on_loops(benchmark::State& state, int each, F work) {
  const auto loops = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    std::vector<double> took(loops);
    weft::run_workers(loops,
                      [&](weft::worker& self) -> weft::task<> {
                        const double before = cpu_time(CLOCK_THREAD_CPUTIME_ID);
                        co_await work();
                        took[self.index()] = cpu_time(CLOCK_THREAD_CPUTIME_ID) - before;
                      },
                      {.pin = true});
    state.SetIterationTime(std::accumulate(took.begin(), took.end(), 0.0));
  }
  state.SetItemsProcessed(state.iterations() * each * state.range(0));
}

weft::task<int> small_task(int i) {
  co_await weft::checkpoint();
  co_return i;
}

/// Creating tasks and waiting for them, on one loop and on two: the time per task should be the same.
void tasks_on_loops(benchmark::State& state) {
  constexpr int each = 2'000'000;
  measure_on_loops(state, each, []() -> weft::task<> {
    for (int i = 0; i < each; ++i) benchmark::DoNotOptimize(co_await weft::create_task(small_task(i)));
  });
}
BENCHMARK(tasks_on_loops)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

/// A queue between two tasks of each loop.
void queues_on_loops(benchmark::State& state) {
  constexpr int each = 10'000'000;
  measure_on_loops(state, each, []() -> weft::task<> {
    weft::queue<int> queue{16};
    auto sender = weft::create_task([&]() -> weft::task<> {
      for (int i = 0; i < each; ++i) co_await queue.put(i);
    });
    for (int i = 0; i < each; ++i) benchmark::DoNotOptimize(co_await queue.get());
    co_await sender;
  });
}
BENCHMARK(queues_on_loops)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Operations under a time limit.
void timers_on_loops(benchmark::State& state) {
  constexpr int each = 2'000'000;
  measure_on_loops(state, each, []() -> weft::task<> {
    for (int i = 0; i < each; ++i)
      benchmark::DoNotOptimize(co_await weft::wait_for(small_task(i), std::chrono::seconds{1}));
  });
}
BENCHMARK(timers_on_loops)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

constexpr long messages = 1'000'000;

/// Messages from one loop to another, taken together (some) or one by one. The time is that of both loops.
template <bool Some>
void messages_between_loops(benchmark::State& state) {
  measure(state, [&] {
    const weft::channel<long> channel{static_cast<std::size_t>(state.range(0))};
    weft::run_workers(2,
                      [&](weft::worker& self) -> weft::task<> {
                        if (self.index() == 0) {
                          for (long i = 0; i < messages; ++i) co_await channel.send(i);
                          channel.close();
                        } else if constexpr (Some) {
                          for (;;) {
                            const std::vector<long> items = co_await channel.receive_some();
                            if (items.empty()) break;
                          }
                        } else {
                          while (std::optional<long> item = co_await channel.receive()) benchmark::DoNotOptimize(*item);
                        }
                      },
                      {.pin = true});
  });
  state.SetItemsProcessed(state.iterations() * messages);
}
BENCHMARK(messages_between_loops<true>)->Arg(256)->Arg(4096)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(messages_between_loops<false>)->Arg(256)->Arg(4096)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
