// What it costs to find the route of a request, among few routes and among many: paths without parameters, and with.
// Each path is asked for in turn.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "web/route_entry.hpp"
#include "web/route_tree.hpp"

namespace {

namespace web = weft::web::detail;

class no_endpoint final : public web::endpoint {
 public:
  weft::task<weft::http::server_response> answer(web::request_context&) override {
    co_return weft::http::server_response{204};
  }
  [[nodiscard]] web::route_description describe() const override { return {}; }
};

struct routes {
  web::route_tree finds;
  std::vector<std::unique_ptr<web::route_entry>> all;
  std::vector<std::string> asked;

  void add(const std::string& path, const std::string& request) {
    all.push_back(web::make_route("GET", path, std::make_unique<no_endpoint>(), {}));
    finds.add(*all.back());
    asked.push_back(request);
  }
};

void ask(benchmark::State& state, routes& of) {
  std::shuffle(of.asked.begin(), of.asked.end(), std::mt19937{7});
  std::size_t next = 0;
  for (auto _ : state) {
    web::texts captured;
    const auto found = of.finds.find("GET", of.asked[next], captured);
    if (found.route == nullptr) state.SkipWithError("a route is not found");
    benchmark::DoNotOptimize(found);
    benchmark::DoNotOptimize(captured);
    if (++next == of.asked.size()) next = 0;
  }
}

/// Names as services have them, none of which is another's beginning.
std::string resource(std::size_t i) {
  constexpr const char* words[] = {"orders", "users", "invoices", "parts", "events", "teams", "labels", "carts"};
  return words[i % 8] + std::string{"-"} + std::to_string(i);
}

void static_routes(benchmark::State& state) {
  routes all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) {
    const std::string path = "/api/v1/" + resource(i) + "/all";
    all.add(path, path);
  }
  ask(state, all);
}
BENCHMARK(static_routes)->Arg(10)->Arg(1'000)->Arg(10'000);

void routes_with_parameters(benchmark::State& state) {
  routes all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i)
    all.add("/api/v1/" + resource(i) + "/{id}/notes/{note}", "/api/v1/" + resource(i) + "/12345/notes/67");
  ask(state, all);
}
BENCHMARK(routes_with_parameters)->Arg(10)->Arg(1'000)->Arg(10'000);

}  // namespace
