#include "web/server_core.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/timeout.hpp>
#include <weft/http/http_error.hpp>

#include "http/reasons.hpp"
#include "web/request_scope.hpp"

namespace weft::web::detail {

using http::server_response;

server_core::server_core(const app_core& of, const http::server_options& options, std::size_t index)
    : app{of}, worker{index}, running(of.routes.size()), route_rates(of.routes.size()) {
  if (app.rate) rate = std::make_unique<keyed_rate_limiter<>>(*app.rate);
  for (std::size_t i = 0; i < route_rates.size(); ++i)
    if (app.routes[i]->rate) route_rates[i] = std::make_unique<keyed_rate_limiter<>>(*app.routes[i]->rate);
  if (app.metrics) metrics = std::make_unique<server_metrics>(*app.metrics, worker, app.routes.size());
  engine.emplace([this](http::server_request& request) { return handle(request); }, options);
}

namespace {

server_response failed(int status, std::string_view why) {
  const failure what{std::string{why.empty() ? http::detail::reason_of(status) : why}};
  return server_response::json(what).status(status);
}

std::optional<server_response> refuse_by(keyed_rate_limiter<>& limits, const std::string& client) {
  const std::shared_ptr<rate_limiter> own = limits.of(client);
  if (own->try_acquire()) return std::nullopt;
  const auto wait = std::max(std::chrono::ceil<std::chrono::seconds>(own->delay()), std::chrono::seconds{1});
  return failed(429, {}).header("retry-after", std::to_string(wait.count()));
}

bool is_limited_by_app(const request_context& in) noexcept {
  return in.server.rate != nullptr && (in.route == nullptr || !in.route->exempt);
}
keyed_rate_limiter<>* limits_of_route(const request_context& in) noexcept {
  return in.route == nullptr ? nullptr : in.server.route_rates[in.route->number].get();
}

/// Where a client has sent too much.
std::optional<server_response> refuse_for_rate(request_context& in) {
  const server_core& self = in.server;
  keyed_rate_limiter<>* const of_route = limits_of_route(in);
  const bool of_app = is_limited_by_app(in);
  if (!of_app && of_route == nullptr) return std::nullopt;
  const std::string client = client_key(in.client());
  std::optional<server_response> refusal;
  if (of_app) refusal = refuse_by(*self.rate, client);
  if (!refusal && of_route != nullptr) refusal = refuse_by(*of_route, client);
  return refusal;
}

/// What there is without a route.
task<server_response> answer_nobody(request_context& in) {
  if (std::optional<server_response> refusal = refuse_for_rate(in)) co_return std::move(*refusal);
  if (in.allowed.empty()) co_return failed(404, {});
  if (in.request().method() == "OPTIONS") co_return server_response{204}.header("allow", in.allowed);
  co_return failed(405, {}).header("allow", in.allowed);
}

/// Counts a request as long as it lives.
class counted {
 public:
  explicit counted(std::size_t& count) noexcept : count_{count} { ++count_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --count_; }

 private:
  std::size_t& count_;
};

task<server_response> answer_within_limits(request_context& in) {
  const route_entry& route = *in.route;
  std::size_t& running = in.server.running[route.number];
  if (route.max_concurrent != 0 && running >= route.max_concurrent)
    co_return failed(503, "Too many requests of this kind are under way.").header("retry-after", "1");
  const counted mark{running};
  if (route.timeout.count() <= 0) co_return co_await route.answering->answer(in);
  std::optional<server_response> answer = co_await move_on_after(route.timeout, route.answering->answer(in));
  if (!answer) co_return failed(503, "The answer took too long.");
  co_return std::move(*answer);
}

bool has_limits(const route_entry& route) noexcept { return route.max_concurrent != 0 || route.timeout.count() > 0; }

void finish(request_context& in, server_response& answer) {
  const route_entry& route = *in.route;
  const bool own = !route.description.no_content && route.description.result_type.empty();
  if (route.status != 0 && !own && (answer.status() == 200 || answer.status() == 204)) answer.status(route.status);
  if (in.has_scope()) in.scope().answered = true;
  in.finish_session(answer);
}

task<server_response> answer_by_route(request_context& in) {
  std::exception_ptr error;
  try {
    server_response answer;
    if (std::optional<server_response> refusal = refuse_for_rate(in)) {
      answer = std::move(*refusal);
    } else if (has_limits(*in.route)) {
      answer = co_await answer_within_limits(in);
    } else {
      answer = co_await in.route->answering->answer(in);
    }
    finish(in, answer);
    co_return answer;
  } catch (...) {
    error = std::current_exception();
  }
  if (in.has_scope()) co_await request_scope::fail(in.scope(), error);
  co_return in.server.answer_to(in, error);
}

task<server_response> answer_through(request_context& in, std::size_t middleware) {
  std::exception_ptr error;
  try {
    co_return co_await in.server.app.middlewares[middleware]->run(in.request(), next{in, middleware + 1});
  } catch (...) {
    error = std::current_exception();
  }
  co_return in.server.answer_to(in, error);
}

}  // namespace

task<server_response> answer_from(request_context& in, std::size_t middleware) {
  if (middleware < in.server.app.middlewares.size()) return answer_through(in, middleware);
  return in.route == nullptr ? answer_nobody(in) : answer_by_route(in);
}

server_response server_core::answer_to(request_context& in, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const request_refused&) {
    return in.refuse();
  } catch (const unauthorized& refused) {
    return failed(401, {}).header("www-authenticate", refused.challenge);
  } catch (const std::system_error&) {
    if (in.request().client_gone()) throw;
  } catch (...) {  // NOLINT(bugprone-empty-catch): below
  }
  // NOLINTNEXTLINE(modernize-loop-convert): backwards
  for (auto each = app.error_handlers.rbegin(); each != app.error_handlers.rend(); ++each) {
    if (std::optional<server_response> answer = (*each)->answer(error)) return std::move(*answer);
  }
  try {
    std::rethrow_exception(error);
  } catch (const http::http_error& known) {
    if (known.status() >= 400 && known.status() <= 599) return failed(known.status(), known.what());
  } catch (...) {  // NOLINT(bugprone-empty-catch): reported below
  }
  weft::detail::require_loop("web").report("A web handler failed", error);
  return failed(500, {});
}

namespace {

/// @param route gets the number of the route, and 1 more; 0 for none.
task<server_response> answer_request(server_core& self, http::server_request& request, std::size_t* route = nullptr) {
  request_context in{&request, self};
  const route_tree::match found = self.app.finds.find(request.method(), request.path(), in.captured);
  in.route = found.route;
  in.allowed = found.allowed;
  if (route != nullptr) *route = in.route == nullptr ? 0 : in.route->number + 1;
  server_response answer = co_await answer_from(in, 0);
  if (in.has_scope()) answer.keep(in.share_scope());
  co_return answer;
}

/// Counts what ends in whichever way.
class count_of_request {
 public:
  explicit count_of_request(server_metrics& in) noexcept : in_{in}, began_{clock::now()} { ++in_.in_flight; }
  count_of_request(const count_of_request&) = delete;
  count_of_request& operator=(const count_of_request&) = delete;
  ~count_of_request() {
    --in_.in_flight;
    constexpr int client_closed = 499;  // as nginx has it
    in_.answered(route, status == 0 ? client_closed : status, clock::now() - began_);
  }
  std::size_t route = 0;
  int status = 0;

 private:
  server_metrics& in_;
  clock::time_point began_;
};

task<server_response> answer_and_count(server_core& self, http::server_request& request) {
  count_of_request counting{*self.metrics};
  server_response answer = co_await answer_request(self, request, &counting.route);
  counting.status = answer.status();
  co_return answer;
}

}  // namespace

task<server_response> server_core::handle(http::server_request& request) {
  return metrics ? answer_and_count(*this, request) : answer_request(*this, request);
}

}  // namespace weft::web::detail
