#include <optional>
#include <utility>
#include <weft/web/tracing.hpp>

namespace weft::web {

namespace {

task<http::server_response> answer_in(http::trace_context span, next rest) {
  const http::scoped_trace in{std::move(span)};
  co_return co_await rest();
}

}  // namespace

task<http::server_response> tracing::operator()(http::server_request& request, next rest) const {
  const auto came = http::trace_context::parse(request.header("traceparent"), request.header("tracestate"));
  return answer_in(came ? came->child() : http::trace_context::begin(), rest);
}

}  // namespace weft::web
