// What the patterns cost where they have nothing to do: a closed circuit, a limiter with tokens left, and so on.
// Compare with the plain call.
#include <benchmark/benchmark.h>
#include <ranges>

#include <weft/patterns.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

template <class F>
void in_loop(benchmark::State& state, F body) {
  weft::run([&]() -> weft::task<> { co_await body(state); });
}

weft::task<int> work() { co_return 1; }

void plain_call(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) benchmark::DoNotOptimize(co_await work());
  });
}
BENCHMARK(plain_call);

void circuit_breaker_closed(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::circuit_breaker breaker;
    for (auto _ : s) benchmark::DoNotOptimize(co_await breaker.call(work));
  });
}
BENCHMARK(circuit_breaker_closed);

void circuit_breaker_closed_with_ratio(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::circuit_breaker breaker{{.failure_ratio = 0.5}};
    for (auto _ : s) benchmark::DoNotOptimize(co_await breaker.call(work));
  });
}
BENCHMARK(circuit_breaker_closed_with_ratio);

void rate_limiter_with_tokens_left(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::rate_limiter limiter{{.rate = 1e9, .burst = 1'000'000'000'000}};
    for (auto _ : s) co_await limiter.acquire();
  });
}
BENCHMARK(rate_limiter_with_tokens_left);

void bulkhead_with_room(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::bulkhead part;
    for (auto _ : s) benchmark::DoNotOptimize(co_await part.call(work));
  });
}
BENCHMARK(bulkhead_with_room);

void retry_at_first_success(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    for (auto _ : s) benchmark::DoNotOptimize(co_await weft::retry({}, work));
  });
}
BENCHMARK(retry_at_first_success);

void pool_acquire_and_return(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    weft::resource_pool<int> pool{work, {.acquire_timeout = std::nullopt, .max_idle = std::nullopt}};
    for (auto _ : s) {
      auto lease = co_await pool.acquire();
      benchmark::DoNotOptimize(*lease);
    }
  });
}
BENCHMARK(pool_acquire_and_return);

/// Per item.
void map_of_1000(benchmark::State& state) {
  in_loop(state, [](benchmark::State& s) -> weft::task<> {
    auto one = [](int n) -> weft::task<int> {
      co_await weft::checkpoint();
      co_return n;
    };
    for (auto _ : s) {
      std::vector<int> got = co_await weft::map(std::views::iota(0, 1000), one, {.limit = 10});
      benchmark::DoNotOptimize(got.data());
    }
    s.SetItemsProcessed(s.iterations() * 1000);
  });
}
BENCHMARK(map_of_1000);

}  // namespace
