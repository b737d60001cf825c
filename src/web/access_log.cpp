#include <cstdio>
#include <weft/core/clock.hpp>
#include <weft/describe/json.hpp>
#include <weft/web/access_log.hpp>
#include <weft/web/detail/request_context.hpp>

#include "web/route_entry.hpp"

namespace weft::web {

access_log::access_log()
    : log_{[](const access_record& of) {
        // Targets hold no control bytes: the engine's parser has seen to that.
        const std::string line = of.client + " " + std::string{of.method} + " " + std::string{of.target} + " " +
                                 std::to_string(of.status) + " " + std::to_string(of.time.count() / 1000) + " us\n";
        std::fputs(line.c_str(), stderr);
      }} {}

std::string_view next::route() const noexcept {
  return in_->route == nullptr ? std::string_view{} : std::string_view{in_->route->path};
}

caller next::client() const { return in_->client(); }

task<http::server_response> access_log::run(const access_log& self, http::server_request& request, next rest) {
  const clock::time_point began = clock::now();
  http::server_response answer = co_await rest();
  self.log_({.method = request.method(),
             .target = request.target(),
             .route = rest.route(),
             .client = rest.client().address(),
             .status = answer.status(),
             .time = clock::now() - began});
  co_return answer;
}

}  // namespace weft::web
