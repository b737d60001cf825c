#pragma once

#include <string>
#include <utility>
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
class mock_response {
 public:
  mock_response(int status = 200, std::string body = {})
      : status_{status}, body_{std::move(body)} {}  // NOLINT(google-explicit-constructor)
  /// Adds a header field. Throws std::invalid_argument for one that cannot be sent.
  mock_response& header(std::string_view name, std::string_view value) {
    headers_.add(name, value);
    return *this;
  }

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const http::headers& headers() const noexcept { return headers_; }
  [[nodiscard]] const std::string& body() const noexcept { return body_; }

 private:
  int status_;
  http::headers headers_;
  std::string body_;
};

}  // namespace weft::http
