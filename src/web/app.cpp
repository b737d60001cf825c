#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>
#include <weft/core/run_workers.hpp>
#include <weft/core/sleep.hpp>
#include <weft/core/with.hpp>
#include <weft/web/app.hpp>

#include "web/app_core.hpp"
#include "web/server_core.hpp"

namespace weft::web {

app::app(const app_options& options) : core_{std::make_unique<detail::app_core>()} {
  core_->title = options.title;
  core_->version = options.version;
  core_->description = options.description;
  core_->openapi_path = options.openapi_path;
  core_->max_body = options.max_body;
  core_->upload_memory = options.upload_memory;
  core_->max_fields = options.max_fields;
  core_->background_timeout = options.background_timeout;
  if (!core_->openapi_path.empty()) {
    get(runtime_path{core_->openapi_path}, [core = core_.get()]() -> response {
      return response::json_text(detail::openapi_document(*core));
    }).hidden();
    if (!options.docs_path.empty()) add_docs(options.docs_path);
  }
}
app::~app() = default;

namespace {

detail::route_entry& keep(detail::app_core& core, std::unique_ptr<detail::route_entry> made) {
  for (const std::string& name : made->wanted_names) {
    if (!detail::has_parameter(made->path, name))
      throw std::invalid_argument{"the route " + made->method + " " + made->path + " has no parameter " + name};
  }
  if (!made->path.starts_with('/'))
    throw std::invalid_argument{"the path of a route begins with a slash: " + made->path};
  made->number = core.routes.size();
  core.finds.add(*made);
  core.routes.push_back(std::move(made));
  return *core.routes.back();
}

}  // namespace

route app::add_route(std::string_view method, std::string_view path, std::unique_ptr<detail::endpoint> answers,
                     const std::vector<std::string_view>& names) {
  return route{keep(*core_, detail::make_route(method, path, std::move(answers), names))};
}

void app::include(std::string_view prefix, router routes) {
  for (std::unique_ptr<detail::route_entry>& each : routes.take()) {
    each->path = std::string{prefix} + each->path;
    keep(*core_, std::move(each));
  }
}

void app::add_provider(const void* key, std::unique_ptr<detail::provider> made, bool per_request) {
  core_->provisions.push_back({.key = key, .makes = std::move(made), .per_request = per_request});
}
void app::keep_sessions(const session_options& options) { core_->sessions.emplace(options); }
void app::trust_proxies(std::string_view list) { core_->proxies.emplace(list); }
void app::limit_rate(const rate_limit& limit) {
  static_cast<void>(rate_limiter{limit});  // throws for what is none
  core_->rate = limit;
}
void app::add_periodic(std::chrono::nanoseconds interval, std::string_view name, std::unique_ptr<detail::app_call> call,
                       const periodic_options& options) {
  if (interval.count() <= 0) throw std::invalid_argument{"what is done again and again needs an interval"};
  core_->periodic.push_back(
      {.name = std::string{name}, .interval = interval, .call = std::move(call), .options = options});
}
void app::add_readiness(std::string_view name, std::unique_ptr<detail::app_call> call) {
  core_->readiness.push_back({.name = std::string{name}, .call = std::move(call)});
}
void app::add_middleware(std::unique_ptr<detail::middleware> made) { core_->middlewares.push_back(std::move(made)); }
void app::add_error_handler(std::unique_ptr<detail::error_handler> made) {
  core_->error_handlers.push_back(std::move(made));
}

server app::server(const server_options& options) { return web::server{*core_, options}; }

std::string app::openapi() const { return detail::openapi_document(*core_); }

namespace {

task<> serve_for_ever(web::server& server, bool announce) {
  if (announce) {
    std::printf("serving at %s\n", server.url().c_str());
    std::fflush(stdout);
  }
  for (;;) co_await sleep(std::chrono::hours{1});
}

}  // namespace

void app::serve(const serve_options& options) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t workers = options.workers != 0 ? options.workers : processors;
  if (options.port == 0 && workers > 1) throw std::invalid_argument{"several workers need a port that is known"};
  server_options how = options.engine;
  how.host = options.host;
  how.port = options.port;
  how.tls = options.tls;
  how.reuse_port = workers > 1;
  how.drain_timeout = options.drain_timeout;
  try {
    run_workers(workers, [this, how, announce = options.announce](worker& self) -> task<> {
      const bool speaks = announce && self.index() == 0;
      auto body = [speaks](web::server& server) -> task<> { return serve_for_ever(server, speaks); };
      co_await with(web::server{*core_, how, self.index()}, body);
    });
  } catch (const interrupted&) {  // NOLINT(bugprone-empty-catch): that is how serving ends
  }
}

}  // namespace weft::web
