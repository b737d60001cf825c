#pragma once

#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/http/trace_context.hpp>
#include <weft/web/middleware.hpp>

namespace weft::web {

/// A middleware that takes part in traces: a request's `traceparent` says which trace it belongs to, otherwise a new
/// one begins. The handler's work is a span of it, which http::current_trace() tells; requests that it sends with an
/// http::client carry the trace on. W3C Trace Context.
///
///     app.use_middleware(web::tracing{});
class tracing {
 public:
  task<http::server_response> operator()(http::server_request& request, next rest) const;
};

}  // namespace weft::web
