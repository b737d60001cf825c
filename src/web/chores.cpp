#include "web/chores.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/shield.hpp>
#include <weft/core/sleep.hpp>

#include "web/request_scope.hpp"
#include "web/server_core.hpp"

namespace weft::web::detail {

task<bool> call_for(server_core& server, app_call& what) {
  request_context nothing{nullptr, server};
  const bool said = co_await what.run(nothing);
  co_return said;
}

namespace {

constexpr std::chrono::milliseconds between_looks{100};
/// For how long a loop's lag is told of, at least: who asks for it comes by now and then only.
constexpr std::chrono::seconds lag_remembered{30};

task<> call_once(server_core& server, const periodic_call& what) {
  try {
    const bool said = co_await call_for(server, *what.call);
    static_cast<void>(said);
  } catch (...) {
    const std::string message = "The periodic task " + what.name + " failed";
    weft::detail::require_loop("web").report(message.c_str(), std::current_exception());
  }
}

/// At multiples of the interval; those that have passed meanwhile are left out.
task<> call_again_and_again(server_core& server, const periodic_call& what) {
  clock::time_point next = clock::now();
  if (!what.options.at_once) next += what.interval;
  for (;;) {
    co_await sleep_until(next);
    // Of its own, so that the server's end lets it end.
    task_handle<void> run = server.background.create_task(call_once(server, what), {.name = what.name});
    co_await shield(run);
    const std::int64_t passed = (clock::now() - next) / what.interval;
    next += what.interval * (passed + 1);
  }
}

/// A timer is as late as the steps were long that kept the loop from it.
task<> measure_loop(server_core& server) {
  std::int64_t most = 0;
  std::int64_t most_before = 0;
  clock::time_point forget = clock::now() + lag_remembered;
  for (;;) {
    const clock::time_point due = clock::now() + between_looks;
    co_await sleep_until(due);
    const clock::time_point fired = clock::now();
    if (fired >= forget) {
      most_before = std::exchange(most, 0);
      forget = fired + lag_remembered;
    }
    most = std::max<std::int64_t>(most, (fired - due).count());
    server.metrics->lag = std::max(most, most_before);
    server.metrics->background = server.background.size();
  }
}

}  // namespace

void start_chores(server_core& server) {
  for (const periodic_call& each : server.app.periodic)
    if (each.options.on_each_worker || server.worker == 0)
      server.chores.create_task(call_again_and_again(server, each), {.name = each.name});
  if (server.metrics) server.chores.create_task(measure_loop(server), {.name = "web::metrics"});
}

}  // namespace weft::web::detail
