#include "http/send.hpp"

#include <optional>
#include <utility>
#include <weft/http/client_error.hpp>

#include "http/time_limit.hpp"

namespace weft::http::detail {

void refuse(const exchange& request, response_head head, std::string body) {
  throw status_error{request.name(), head.status, std::move(head.headers), std::move(body)};
}

task<> refuse_with_body(exchange& request, response_head head) {
  std::string body;
  co_await request.read_into(body, request.spec().body_limit);
  refuse(request, std::move(head), std::move(body));
}

namespace {

task<> fetch(exchange& request, std::optional<response>& answer) {
  co_await request.begin();
  response_head head = request.take_head();
  std::string body;
  co_await request.read_into(body, request.spec().body_limit);
  if (request.spec().wants_ok && head.status >= 400) refuse(request, std::move(head), std::move(body));
  answer.emplace(std::move(head), std::move(body), request.take_method(), request.take_url(), request.redirects());
}

}  // namespace

task<> in_own_time(exchange& request, task<> work) {
  const bool done = co_await in_time(std::move(work), request.spec().timeout);
  if (!done) throw timeout_error{request.name() + ": not complete in time"};
}

task<response> send(std::shared_ptr<client_state> client, request_spec spec) {
  exchange request{std::move(client), std::move(spec)};
  std::optional<response> answer;
  co_await in_own_time(request, fetch(request, answer));
  co_return std::move(*answer);
}

task<std::string> send_for_text(std::shared_ptr<client_state> client, request_spec spec) {
  spec.wants_ok = true;
  response answer = co_await send(std::move(client), std::move(spec));
  co_return std::move(answer).text();
}

task<streaming_response> send_for_stream(std::shared_ptr<client_state> client, request_spec spec) {
  spec.in_pieces = true;
  auto request = std::make_unique<exchange>(std::move(client), std::move(spec));
  co_await in_own_time(*request, request->begin());
  response_head head = request->take_head();
  if (request->spec().wants_ok && head.status >= 400) co_await refuse_with_body(*request, std::move(head));
  http::url from = request->url();
  const int redirects = request->redirects();
  // NOLINTNEXTLINE(bugprone-use-after-move): refuse_with_body() throws
  co_return streaming_response{std::move(head), std::move(from), redirects, std::move(request)};
}

}  // namespace weft::http::detail
