// What small reads of files cost, on each back end. All threads' CPU time counts, so that a thread pool's does.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <string>
#include <system_error>
#include <weft/files.hpp>
#include <weft/patterns.hpp>
#include <weft/weft.hpp>

namespace {

constexpr std::size_t count = 200;

double process_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

template <class F>
void on_each_backend(benchmark::State& state, F body) {
  const auto backend = state.range(0) == 0 ? weft::backend_kind::epoll : weft::backend_kind::io_uring;
  state.SetLabel(state.range(0) == 0 ? "epoll" : "io_uring");
  try {
    weft::run(
        [&]() -> weft::task<> {
          auto directory = co_await weft::make_temporary_directory();
          std::vector<std::filesystem::path> paths;
          for (std::size_t i = 0; i < count; ++i) {
            paths.push_back(directory.path() / std::to_string(i));
            co_await weft::write_file(paths.back(), std::string(4096, 'x'), {.atomic = false});
          }
          const double before = process_time();
          co_await body(state, paths);
          const double used = process_time() - before;
          state.counters["cpu_us"] = used * 1e6 / static_cast<double>(state.iterations()) / count;
          state.SetItemsProcessed(state.iterations() * std::int64_t{count});
          co_await directory.remove();
        },
        {.backend = backend});
  } catch (const std::system_error& e) {
    state.SkipWithError(e.what());
  }
}

/// Whole files, one after the other.
void read_files_in_turn(benchmark::State& state) {
  on_each_backend(state, [](benchmark::State& s, const std::vector<std::filesystem::path>& paths) -> weft::task<> {
    for (auto _ : s) {
      for (const auto& path : paths) benchmark::DoNotOptimize(co_await weft::read_file(path));
    }
  });
}
BENCHMARK(read_files_in_turn)->Arg(0)->Arg(1)->UseRealTime();

/// Whole files, sixteen at a time.
void read_files_at_once(benchmark::State& state) {
  on_each_backend(state, [](benchmark::State& s, const std::vector<std::filesystem::path>& paths) -> weft::task<> {
    for (auto _ : s) {
      co_await weft::with(weft::task_group{}, [&](weft::task_group& readers) -> weft::task<> {
        for (std::size_t first = 0; first < 16; ++first) {
          readers.create_task([](const std::vector<std::filesystem::path>& all, std::size_t from) -> weft::task<> {
            for (std::size_t i = from; i < all.size(); i += 16)
              benchmark::DoNotOptimize(co_await weft::read_file(all[i]));
          }(paths, first));
        }
        co_return;
      });
    }
  });
}
BENCHMARK(read_files_at_once)->Arg(0)->Arg(1)->UseRealTime();

/// 512 bytes at places all over an open file.
void read_at(benchmark::State& state) {
  on_each_backend(state, [](benchmark::State& s, const std::vector<std::filesystem::path>& paths) -> weft::task<> {
    auto file = co_await weft::open_file(paths.front());
    for (auto _ : s) {
      for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(co_await file.read_at(i % 8 * 512, 512));
    }
  });
}
BENCHMARK(read_at)->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
