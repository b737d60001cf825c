#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/http/http_error.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/http/static_files.hpp>
#include <weft/http/websocket.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/web/detail/app_call.hpp>
#include <weft/web/detail/endpoint.hpp>
#include <weft/web/detail/provider.hpp>
#include <weft/web/middleware.hpp>
#include <weft/web/periodic.hpp>
#include <weft/web/route.hpp>
#include <weft/web/router.hpp>
#include <weft/web/server.hpp>
#include <weft/web/session.hpp>

namespace weft::web {

using http::http_error;
using request = http::server_request;
using response = http::server_response;
using websocket = http::websocket;

/// What an app is, for OpenAPI, and what holds for all its routes.
struct app_options {
  std::string_view title = "weft";
  std::string_view version = "0.1.0";
  std::string_view description = {};
  /// Where the OpenAPI document is; nowhere if empty.
  std::string_view openapi_path = "/openapi.json";
  /// Where a page shows that document, and lets people try the routes (Swagger UI, which is compiled in: the page asks
  /// nobody else for anything). Nowhere if empty.
  std::string_view docs_path = "/docs";
  /// Bodies that are larger are answered with 413; see route::max_body.
  std::size_t max_body = std::size_t{1} << 20;
  /// How much of the files that a request uploads is kept in memory; more goes to temporary files (see upload).
  std::size_t upload_memory = std::size_t{1} << 20;
  /// Forms with more fields and files, and queries with more parameters, are answered with 413 and 414.
  std::size_t max_fields = 1000;
  /// How long background tasks have at a server's end, before they are stopped.
  std::chrono::nanoseconds background_timeout = std::chrono::seconds{10};
};
static_assert(std::is_trivially_destructible_v<app_options>);

namespace detail {
class app_core;
}

/// A web service out of typed handlers. fastapi.FastAPI.
///
///     web::app app{{.title = "users", .version = "1.0"}};
///     app.get("/users/{id}", [](web::path<"id", int> id) -> task<user> {
///       if (*id < 0) throw web::http_error{404, "no such user"};
///       co_return user{*id, "ada"};
///     });
///     app.serve({.port = 8080});
///
/// A handler takes what it needs as parameters, in any order: see parameters.hpp. A request that has not got it is
/// answered with 422 and {"detail": [problem, ...]}, all problems at once; a handler with a parameter that cannot be
/// filled does not compile. It gives a described type (sent as JSON), a std::string (plain text), a response, or
/// nothing (204), or a task of one of these. An http_error is answered with its status and {"detail": "..."}, any other
/// exception with a 500 that says nothing, and goes to the loop's exception handler.
///
/// Of themselves: 404; 405 with Allow; HEAD by the handler of GET; OPTIONS.
///
/// Build it up, then serve it: neither routes nor what is provided may change while a server runs. With several workers
/// its handlers run on several threads. It must outlive its servers.
class app : public detail::route_adder<true> {
 public:
  explicit app(const app_options& options = {});
  app(const app&) = delete;
  app& operator=(const app&) = delete;
  ~app() override;

  /// Adds the routes of a router, with `prefix` before their paths ("/users/{user}"; empty for none). Throws
  /// std::invalid_argument for routes that are there already, or take a parameter that is not in their path.
  void include(std::string_view prefix, router routes);

  // ---- what handlers may use ----

  /// Gives handlers an object by use<T>: this one, which must outlive the servers. With several workers, all use it.
  template <class T>
    requires(!detail::signature<std::decay_t<T>>::known)
  void provide(T& object) {
    add_provider(&detail::dependency_key<T>, std::make_unique<detail::reference_provider>(&object), false);
  }
  /// Gives handlers what `factory` makes, for each server (of each worker) once: it is made before the first request,
  /// and let go after the last. `factory` gives a T, a task<T>, or a manager<T>, whose part behind the co_yield cleans
  /// up; it may use<> what was provided before.
  template <class F>
    requires(detail::signature<std::decay_t<F>>::known)
  void provide(F&& factory) {
    using made = detail::factory_provider<std::decay_t<F>>;
    static_assert(made::arguments::only_uses, "weft: what is made before the first request can take use<T> only");
    add_provider(&detail::dependency_key<typename made::value_type>, std::make_unique<made>(std::forward<F>(factory)),
                 false);
  }
  /// The same for each request that asks for it, once. `factory` may take whatever a handler may. What is behind the
  /// co_yield of a manager runs once the response has been sent; with the error, if the handler has thrown one.
  template <class F>
  void provide_per_request(F&& factory) {
    using made = detail::factory_provider<std::decay_t<F>>;
    add_provider(&detail::dependency_key<typename made::value_type>, std::make_unique<made>(std::forward<F>(factory)),
                 true);
  }

  /// Keeps sessions for clients, in a signed cookie: handlers take `session&`. Throws std::invalid_argument for a
  /// secret of less than 32 bytes.
  void keep_sessions(const session_options& options);

  /// Serves the files below a directory at `prefix` ("/static"); see http::static_files. The directory is opened when
  /// a server begins.
  void files(std::string_view prefix, std::filesystem::path directory, const http::static_files_options& options = {});

  /// Calls a function again and again while the app is served, on the first worker: at multiples of the interval, but
  /// not while it still runs. It may take use<T>, and gives nothing or a task<>. An error goes to the loop's exception
  /// handler, and the next call comes all the same. One that runs when the server ends counts as a background task.
  template <class F>
    requires detail::calls_by_itself<std::decay_t<F>>
  void every(std::chrono::nanoseconds interval, std::string_view name, F&& function,
             const periodic_options& options = {}) {
    add_periodic(interval, name, std::make_unique<detail::app_call_of<std::decay_t<F>>>(std::forward<F>(function)),
                 options);
  }

  // ---- watching it ----

  /// Adds /healthz, which answers 200 as long as the loop runs, and /readyz, which answers 503 when a check (ready_if)
  /// fails, or the server drains. What Kubernetes calls probes.
  void serve_health();
  /// Adds a check to /readyz: a function that may take use<T>, and gives a bool or a task<bool>, or nothing. One that
  /// throws says no.
  template <class F>
    requires detail::calls_by_itself<std::decay_t<F>>
  void ready_if(std::string_view name, F&& check) {
    add_readiness(name, std::make_unique<detail::app_call_of<std::decay_t<F>>>(std::forward<F>(check)));
  }
  /// Counts, and tells at that path in Prometheus's text format: requests and their latencies by route, requests and
  /// background tasks that are under way, and how late the loop is; of all workers.
  void serve_metrics(std::string_view path = "/metrics");

  // ---- around all handlers ----

  /// Believes what these say of the clients that they speak for (X-Forwarded-For, -Proto, -Host): addresses and
  /// networks, separated by commas, "10.0.0.0/8, ::1". See caller. Throws std::invalid_argument for anything else.
  void trust_proxies(std::string_view list);
  /// A client that sends more is answered with 429 and Retry-After. A client is an address (of IPv6, a /64 network);
  /// see trust_proxies. Each worker counts for itself. Health checks and metrics are free.
  void limit_rate(const rate_limit& limit);

  /// Runs `around(request, next)` about everything that the app answers, the first that was added outermost; it gives a
  /// task<response>, usually `co_await next()` with changes. See middleware.hpp.
  template <class F>
    requires std::is_invocable_r_v<task<response>, std::decay_t<F>&, request&, next>
  void use_middleware(F&& around) {
    add_middleware(std::make_unique<detail::middleware_of<std::decay_t<F>>>(std::forward<F>(around)));
  }
  /// Answers the exceptions of a type, and of those derived from it, that leave a handler: `answer(const E&)` gives a
  /// response. The last one that was added and fits is asked.
  template <class E, class F>
    requires std::is_invocable_r_v<response, std::decay_t<F>&, const E&>
  void on_error(F&& answer) {
    add_error_handler(std::make_unique<detail::error_handler_of<E, std::decay_t<F>>>(std::forward<F>(answer)));
  }

  // ---- running it ----

  /// A server for with(): `co_await with(app.server({.port = 8080}), [](web::server& s) -> task<> {...})`.
  [[nodiscard]] web::server server(const server_options& options = {});

  /// Serves until SIGINT or SIGTERM; what main() calls. Requests that are under way end, as long as the options allow;
  /// then background tasks. Throws what server::enter() does.
  void serve(const serve_options& options = {});

  /// The OpenAPI document (3.1) of all routes.
  [[nodiscard]] std::string openapi() const;

 private:
  route add_route(std::string_view method, std::string_view path, std::unique_ptr<detail::endpoint> answers,
                  const std::vector<std::string_view>& names) override;
  void add_docs(std::string_view path);
  void add_own_route(std::string_view path, std::unique_ptr<detail::endpoint> answers);
  void add_provider(const void* key, std::unique_ptr<detail::provider> made, bool per_request);
  void add_periodic(std::chrono::nanoseconds interval, std::string_view name, std::unique_ptr<detail::app_call> call,
                    const periodic_options& options);
  void add_readiness(std::string_view name, std::unique_ptr<detail::app_call> call);
  void add_middleware(std::unique_ptr<detail::middleware> made);
  void add_error_handler(std::unique_ptr<detail::error_handler> made);

  std::unique_ptr<detail::app_core> core_;
};

}  // namespace weft::web
