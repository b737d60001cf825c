// What the core costs per operation. Each benchmark runs inside a loop of its own; the figures are per operation.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

weft::task<int> returns_at_once() { co_return 1; }
weft::task<> nothing() { co_return; }

/// Runs a coroutine that takes the state and loops over it.
template <class F>
void in_loop(benchmark::State& state, F body) {
  weft::run([&]() -> weft::task<> { co_await body(state); });
}

void await_returning_task(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) benchmark::DoNotOptimize(co_await returns_at_once());
  });
}
BENCHMARK(await_returning_task);

void create_and_join(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) co_await weft::create_task(nothing());
  });
}
BENCHMARK(create_and_join);

void yield_between_two(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    bool stop = false;
    auto other = weft::create_task([&]() -> weft::task<> {
      while (!stop) co_await weft::checkpoint();
    });
    for (auto _ : s) co_await weft::checkpoint();
    stop = true;
    co_await other;
    s.SetItemsProcessed(2 * static_cast<std::int64_t>(s.iterations()));
  });
}
BENCHMARK(yield_between_two);

weft::task<> deep_sleep(int frames) {
  if (frames > 1) {
    co_await deep_sleep(frames - 1);
  } else {
    co_await weft::sleep(1h);
  }
}

/// Manual time: creating the sleepers is not part of it.
void cancel_sleeping_task_three_frames_deep(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    constexpr int batch = 1000;
    std::vector<weft::task_handle<void>> sleepers(batch);
    for (auto _ : s) {
      for (auto& t : sleepers) t = weft::create_task(deep_sleep(3));
      co_await weft::checkpoint();
      co_await weft::checkpoint();
      const auto start = std::chrono::steady_clock::now();
      for (auto& t : sleepers) t.cancel();
      co_await weft::checkpoint();
      co_await weft::checkpoint();
      const auto end = std::chrono::steady_clock::now();
      for (auto& t : sleepers) {
        if (!t.cancelled()) s.SkipWithError("a sleeper is not cancelled");
      }
      s.SetIterationTime(std::chrono::duration<double>(end - start).count());
    }
    s.SetItemsProcessed(batch * static_cast<std::int64_t>(s.iterations()));
  });
}
BENCHMARK(cancel_sleeping_task_three_frames_deep)->UseManualTime()->MinTime(0.05);

void timer_arm_and_cancel(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    struct idle final : weft::detail::timer {
      void fired() noexcept override {}
    } timer;
    auto& loop = weft::detail::require_loop("bench");
    for (auto _ : s) {
      loop.arm(timer, loop.now() + 1'000'000'000);
      loop.disarm(timer);
    }
    co_return;
  });
}
BENCHMARK(timer_arm_and_cancel);

void clock_read(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) benchmark::DoNotOptimize(weft::now());
    co_return;
  });
}
BENCHMARK(clock_read);

void wait_for_ready_task(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) benchmark::DoNotOptimize(co_await weft::wait_for(returns_at_once(), 1s));
  });
}
BENCHMARK(wait_for_ready_task);

void create_a_thousand_and_join(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) {
      co_await weft::with(weft::task_group{}, [](weft::task_group& tg) -> weft::task<> {
        for (int i = 0; i < 1000; ++i) tg.create_task(nothing());
        co_return;
      });
    }
    s.SetItemsProcessed(1000 * static_cast<std::int64_t>(s.iterations()));
  });
}
BENCHMARK(create_a_thousand_and_join);

std::size_t resident_bytes() {
  long pages = 0, resident = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(f);
  }
  return static_cast<std::size_t>(resident) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

weft::task<> sleeper() { co_await weft::sleep(1h); }

void million_sleeping_tasks(benchmark::State& state) {
  constexpr std::size_t count = 1'000'000;
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) {
      const std::size_t before = resident_bytes();
      for (std::size_t i = 0; i < count; ++i) weft::create_task(sleeper());
      co_await weft::checkpoint();
      co_await weft::checkpoint();
      s.counters["bytes/task"] = static_cast<double>(resident_bytes() - before) / count;
    }
  });
}
BENCHMARK(million_sleeping_tasks)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
