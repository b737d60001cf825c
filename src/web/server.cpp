#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/core/future.hpp>
#include <weft/core/run_workers.hpp>
#include <weft/core/sleep.hpp>
#include <weft/core/timeout.hpp>
#include <weft/core/with.hpp>
#include <weft/web/app.hpp>

#include "web/request_scope.hpp"
#include "web/server_core.hpp"

namespace weft::web {

server::server(const detail::app_core& app, const server_options& options, std::size_t worker)
    : core_{std::make_unique<detail::server_core>(app, options, worker)} {}
server::server(server&& other) noexcept = default;
server::~server() = default;

std::uint16_t server::port() const { return core_->engine->port(); }
std::string server::url() const { return core_->engine->url(); }
std::size_t server::background_tasks() const noexcept { return core_->background.size(); }
http::server& server::engine() noexcept { return *core_->engine; }

namespace {

std::string readable(const char* type) {
  int status = 0;
  char* const name = abi::__cxa_demangle(type, nullptr, nullptr, &status);
  std::string text{status == 0 ? name : type};
  std::free(name);  // NOLINT: that is how it is given
  return text;
}

void check_uses(const detail::app_core& app, const std::string& who, const detail::route_description& what) {
  for (const auto& [key, name] : what.uses) {
    const bool provided = std::any_of(app.provisions.begin(), app.provisions.end(),
                                      [wanted = key](const detail::provision& each) { return each.key == wanted; });
    if (!provided) throw std::logic_error{who + " uses " + readable(name) + ", which nobody provides (app.provide)"};
  }
}

void check_uses(const detail::app_core& app) {
  for (const auto& route : app.routes)
    check_uses(app, "the route " + route->method + " " + route->path, route->description);
  for (const auto& each : app.periodic) check_uses(app, "the periodic task " + each.name, each.call->describe());
  for (const detail::provision& each : app.provisions) {
    if (each.per_request) check_uses(app, "what is provided for each request", each.makes->describe());
  }
  for (const auto& each : app.readiness) check_uses(app, "the check " + each.name, each.call->describe());
}

}  // namespace

task<server&> server::begin(server& self) {
  detail::server_core& core = *self.core_;
  check_uses(core.app);
  std::exception_ptr error;
  try {
    detail::request_context nothing{nullptr, core};
    for (const detail::provision& each : core.app.provisions) {
      if (each.per_request) continue;
      std::unique_ptr<detail::provided> made = co_await each.makes->make(nothing);
      core.made.emplace_back(each.key, std::move(made));
    }
    for (const auto& tree : core.app.files) core.files.emplace_back(tree->directory, tree->options);
    co_await core.engine->enter();
    detail::start_chores(core);
    co_return self;
  } catch (...) {
    error = std::current_exception();
  }
  co_await detail::let_go(std::exchange(core.made, {}), exit_reason{error});
  std::rethrow_exception(error);
}

task<> server::end(server& self) {
  detail::server_core& core = *self.core_;
  co_await core.chores.shutdown();
  co_await core.engine->exit();
  if (!core.background.empty()) {
    const bool ended = co_await move_on_after(core.app.background_timeout, core.background.join());
    static_cast<void>(ended);
  }
  co_await core.background.shutdown();
  co_await detail::let_go(std::exchange(core.made, {}), exit_reason{});
}

task<server&> server::enter() { return begin(*this); }
task<> server::exit() { return end(*this); }

}  // namespace weft::web
