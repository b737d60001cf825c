// What operations cost among few and among many of their kind, for bench/growth_bench.py.
//
// usage: growth timers|tasks|routes N
//   says the CPU time of one operation in nanoseconds, with N of them: a timer that is armed and cancelled, in an order
//   of chance; a task that is made, yields once and is joined; a request to one of N routes of a web app.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/net.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace {

namespace web = weft::web;

double cpu_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The least CPU time of an operation, if `repeat` carries `operations` of them out: over and over for a while, after a
/// first time that does not count.
weft::task<double> measure(std::size_t operations, std::function<weft::task<>()> repeat) {
  constexpr double enough = 50e6;
  co_await repeat();
  double least = 1e18;
  for (int attempt = 0; attempt < 3; ++attempt) {
    double times = 0;
    const double begin = cpu_time();
    double took = 0;
    do {
      co_await repeat();
      ++times;
      took = cpu_time() - begin;
    } while (took < enough);
    least = std::min(least, took / times / static_cast<double>(operations));
  }
  co_return least;
}

weft::task<double> timers(std::size_t count) {
  struct idle final : weft::detail::timer {
    void fired() noexcept override {}
  };
  std::vector<idle> all(count);
  std::vector<std::uint32_t> order(count), deadlines(count);
  std::iota(order.begin(), order.end(), 0u);
  std::mt19937 random{1};
  std::ranges::shuffle(order, random);
  for (std::uint32_t& each : deadlines) each = static_cast<std::uint32_t>(random());
  auto& loop = weft::detail::require_loop("the timers");
  const std::int64_t later = loop.now() + 3'600'000'000'000;
  co_return co_await measure(count, [&]() -> weft::task<> {
    for (std::size_t i = 0; i < count; ++i) loop.arm(all[i], later + deadlines[i]);
    for (const std::uint32_t i : order) loop.disarm(all[i]);
    co_return;
  });
}

weft::task<> yields_once() { co_await weft::checkpoint(); }

weft::task<double> tasks(std::size_t count) {
  co_return co_await measure(count, [count]() -> weft::task<> {
    co_await weft::with(weft::task_group{}, [count](weft::task_group& tg) -> weft::task<> {
      for (std::size_t i = 0; i < count; ++i) tg.create_task(yields_once());
      co_return;
    });
  });
}

weft::task<> ask(weft::unix_stream& client, std::string_view request, std::string_view end) {
  co_await client.write(request);
  while (!client.buffered().ends_with(end)) co_await client.fill();
  client.consume(client.buffered().size());
}

/// Requests to a thousand of them, in an order of chance.
weft::task<double> routes(std::size_t count) {
  web::app app;
  std::vector<std::string> paths;
  paths.reserve(count);
  for (std::size_t i = 0; i < count; ++i) paths.push_back("/things" + std::to_string(i) + "/{id}/state");
  for (std::size_t i = 0; i < count; ++i)
    app.get(web::runtime_path{paths[i]}, [](web::path<"id", int> id) { return *id; });
  std::vector<std::string> requests;
  requests.reserve(1000);
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    requests.push_back("GET /things" + std::to_string(random() % count) +
                       "/12345/state HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
  }
  double took = 0;
  const auto run = [&](web::server& server) -> weft::task<> {
    auto [client, other] = weft::unix_stream::pair();
    server.engine().serve(std::move(other));
    weft::unix_stream& stream = client;
    took = co_await measure(requests.size(), [&]() -> weft::task<> {
      for (const std::string& request : requests) co_await ask(stream, request, "12345");
    });
  };
  co_await weft::with(app.server({.listen = false}), run);
  co_return took;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  weft::task<double> (*const curve)(std::size_t) = what == "timers"   ? timers
                                                   : what == "tasks"  ? tasks
                                                   : what == "routes" ? routes
                                                                      : nullptr;
  if (curve == nullptr) {
    std::fputs("usage: growth timers|tasks|routes N\n", stderr);
    return 2;
  }
  const std::size_t count = std::stoul(argv[2]);
  std::printf("%.2f\n", weft::run([&]() -> weft::task<double> { co_return co_await curve(count); }));
  return 0;
}
