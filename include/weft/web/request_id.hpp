#pragma once

#include <string>
#include <weft/core/context.hpp>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/middleware.hpp>

namespace weft::web {

/// A middleware that gives each request an id: that of its X-Request-Id field, if it is of 1 to 128 letters, digits and
/// `-_.`, otherwise a random UUID. The answer has it in the same field.
///
///     app.use_middleware(web::request_ids{});
class request_ids {
 public:
  task<http::server_response> operator()(http::server_request& request, next rest) const;
};

/// The id of the request that is being answered, also in tasks that its handler creates; empty without request_ids.
[[nodiscard]] std::string request_id();

}  // namespace weft::web
