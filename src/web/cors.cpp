#include <stdexcept>
#include <weft/web/cors.hpp>

#include "http/characters.hpp"

namespace weft::web {

using http::server_response;

cors::cors(const cors_options& options)
    : origins_{options.origins},
      methods_{options.methods},
      headers_{options.headers},
      exposed_{options.exposed},
      max_age_{std::to_string(options.max_age.count())},
      credentials_{options.credentials} {
  if (credentials_ && origins_ == "*")
    throw std::invalid_argument{"cors: credentials are for origins that are named, not for all"};
  http::headers check;
  for (const std::string* each : {&origins_, &methods_, &headers_, &exposed_}) check.add("x-check", *each);
}

bool cors::allows(std::string_view origin) const noexcept {
  if (origins_ == "*") return true;
  std::string_view rest = origins_;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (http::detail::trimmed(rest.substr(0, comma)) == origin) return true;
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return false;
}

task<server_response> cors::operator()(http::server_request& request, next rest) const {
  return run(*this, request, rest);
}

task<server_response> cors::run(const cors& self, http::server_request& request, next rest) {
  const std::string_view origin = request.header("origin");
  const bool asks_before = request.method() == "OPTIONS" && !request.header("access-control-request-method").empty();
  server_response answer{204};
  if (origin.empty() || !asks_before) answer = co_await rest();
  if (self.origins_ != "*") answer.header("vary", "origin");
  if (origin.empty() || !self.allows(origin)) co_return answer;
  const bool anybody = self.origins_ == "*";
  answer.header("access-control-allow-origin", anybody ? std::string_view{"*"} : origin);
  if (self.credentials_) answer.header("access-control-allow-credentials", "true");
  if (asks_before) {
    answer.header("access-control-allow-methods", self.methods_);
    answer.header("access-control-allow-headers", self.headers_);
    answer.header("access-control-max-age", self.max_age_);
  } else if (!self.exposed_.empty()) {
    answer.header("access-control-expose-headers", self.exposed_);
  }
  co_return answer;
}

}  // namespace weft::web
