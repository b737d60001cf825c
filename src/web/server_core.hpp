#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>
#include <weft/core/background_group.hpp>
#include <weft/http/server.hpp>
#include <weft/http/static_files.hpp>
#include <weft/patterns/keyed.hpp>
#include <weft/web/detail/request_context.hpp>

#include "web/app_core.hpp"

namespace weft::web::detail {

/// What serves an app on one loop.
class server_core {
 public:
  server_core(const app_core& of, const http::server_options& options, std::size_t index);

  /// Answers a request.
  task<http::server_response> handle(http::server_request& request);
  /// The answer to an error that has left a handler. Throws it on if nobody is there to be answered.
  http::server_response answer_to(request_context& in, const std::exception_ptr& error);

  const app_core& app;
  const std::size_t worker;
  background_group background;
  std::vector<std::pair<const void*, std::unique_ptr<provided>>> made;  ///< for as long as it serves
  std::vector<std::size_t> running;                                     ///< requests, by route
  std::vector<http::static_files> files;
  std::unique_ptr<keyed_rate_limiter<>> rate;
  std::vector<std::unique_ptr<keyed_rate_limiter<>>> route_rates;  ///< by route; null for no limit
  std::unique_ptr<server_metrics> metrics;
  background_group chores;
  std::optional<http::server> engine;
};

}  // namespace weft::web::detail
