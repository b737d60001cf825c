#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/middleware.hpp>

namespace weft::web {

/// A request that has been answered. The views are good while the log's function runs.
struct access_record {
  std::string_view method;
  std::string_view target;  ///< as it came: path and query
  std::string_view route;   ///< the path of the route, "/users/{id}"; empty if there was none
  std::string client;       ///< its address; see caller
  int status;
  std::chrono::nanoseconds time;  ///< until the answer was there; a streamed body comes after that
};

/// A middleware that calls a function for each request that has been answered; without one, it prints a line to stderr.
///
///     app.use_middleware(web::access_log{});
class access_log {
 public:
  access_log();
  explicit access_log(std::function<void(const access_record&)> log) : log_{std::move(log)} {}

  task<http::server_response> operator()(http::server_request& request, next rest) const {
    return run(*this, request, rest);
  }

 private:
  static task<http::server_response> run(const access_log& self, http::server_request& request, next rest);

  std::function<void(const access_record&)> log_;
};

}  // namespace weft::web
