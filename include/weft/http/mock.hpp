#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <weft/http/detail/plain_answer.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/url.hpp>

namespace weft::http {

/// A request that would have been sent; see client::answer_with.
struct mock_request {
  std::string method;
  http::url url;
  http::headers headers;
  std::string body;
};

/// What a server would have answered.
class mock_response : public detail::plain_answer {
 public:
  mock_response(int status = 200, std::string body = {})  // NOLINT(google-explicit-constructor)
      : plain_answer{status, {}, std::move(body)} {}
  /// Adds a header field. Throws std::invalid_argument for one that cannot be sent.
  mock_response& header(std::string_view name, std::string_view value) {
    headers_.add(name, value);
    return *this;
  }
};

}  // namespace weft::http
