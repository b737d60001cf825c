// The routes that an app has of itself: files, health, metrics.

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <weft/core/detail/event_loop.hpp>
#include <weft/web/app.hpp>

#include "web/app_core.hpp"
#include "web/server_core.hpp"

namespace weft::web {

namespace detail {
namespace {

class files_endpoint final : public endpoint {
 public:
  explicit files_endpoint(std::size_t number) noexcept : number_{number} {}
  task<http::server_response> answer(request_context& in) override {
    return in.server.files[number_].serve(in.request(), in.captured[0]);
  }
  [[nodiscard]] route_description describe() const override { return {}; }

 private:
  std::size_t number_;
};

class alive_endpoint final : public endpoint {
 public:
  task<http::server_response> answer(request_context&) override {
    co_return http::server_response::json_text(R"({"status":"ok"})").header("cache-control", "no-store");
  }
  [[nodiscard]] route_description describe() const override { return {}; }
};

class ready_endpoint final : public endpoint {
 public:
  task<http::server_response> answer(request_context& in) override { return answer_for(in.server); }
  [[nodiscard]] route_description describe() const override { return {}; }

 private:
  static task<http::server_response> answer_for(server_core& server) {
    std::vector<std::string> failed;
    if (server.engine->draining()) failed.emplace_back("draining");
    for (const readiness_check& each : server.app.readiness) {
      bool fine = false;
      try {
        fine = co_await call_for(server, *each.call);
      } catch (...) {
        const std::string message = "The check " + each.name + " failed";
        weft::detail::require_loop("web").report(message.c_str(), std::current_exception());
      }
      if (!fine) failed.push_back(each.name);
    }
    json_writer out;
    out.begin_object();
    out.key("status");
    out.write(std::string_view{failed.empty() ? "ok" : "unavailable"});
    out.key("failed");
    out.begin_array();
    for (const std::string& name : failed) {
      out.element();
      out.write(std::string_view{name});
    }
    out.end_array();
    out.end_object();
    co_return http::server_response::json_text(out.take())
        .status(failed.empty() ? 200 : 503)
        .header("cache-control", "no-store");
  }
};

class metrics_endpoint final : public endpoint {
 public:
  task<http::server_response> answer(request_context& in) override {
    in.server.metrics->background = in.server.background.size();
    co_return http::server_response::text(in.server.app.metrics->text(in.server.app))
        .header("content-type", "text/plain; version=0.0.4; charset=utf-8");
  }
  [[nodiscard]] route_description describe() const override { return {}; }
};

}  // namespace
}  // namespace detail

void app::files(std::string_view prefix, std::filesystem::path directory, const http::static_files_options& options) {
  auto made =
      std::make_unique<detail::file_tree>(detail::file_tree{.directory = std::move(directory),
                                                            .options = options,
                                                            .index = std::string{options.index},
                                                            .cache_control = std::string{options.cache_control}});
  made->options.index = made->index;
  made->options.cache_control = made->cache_control;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  add_route("GET", std::string{prefix} + "/{path:path}", std::make_unique<detail::files_endpoint>(core_->files.size()),
            {})
      .hidden();
  core_->files.push_back(std::move(made));
}

void app::serve_health() {
  add_own_route("/healthz", std::make_unique<detail::alive_endpoint>());
  add_own_route("/readyz", std::make_unique<detail::ready_endpoint>());
}

void app::serve_metrics(std::string_view path) {
  if (core_->metrics) throw std::logic_error{"the metrics are served already"};
  core_->metrics = std::make_unique<detail::metrics_registry>();
  add_own_route(path, std::make_unique<detail::metrics_endpoint>());
}

void app::add_own_route(std::string_view path, std::unique_ptr<detail::endpoint> answers) {
  add_route("GET", path, std::move(answers), {}).hidden();
  core_->routes.back()->exempt = true;
}

}  // namespace weft::web
