#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/middleware.hpp>

namespace weft::web {

/// Which pages of other origins a browser lets at the answers.
struct cors_options {
  /// Separated by commas: "https://example.org, https://example.net"; "*" for all.
  std::string_view origins = {};
  std::string_view methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
  /// Header fields that pages may send, beside those that they always may.
  std::string_view headers = "content-type, authorization";
  /// Header fields of answers that pages may see, beside those that they always may.
  std::string_view exposed = {};
  /// With cookies and other credentials. Not for all origins.
  bool credentials = false;
  /// How long browsers may remember it.
  std::chrono::seconds max_age{600};
};
static_assert(std::is_trivially_destructible_v<cors_options>);

/// A middleware that says so to browsers, and answers what they ask before they send (preflight). WHATWG Fetch, section
/// 3.2.
///
///     app.use_middleware(web::cors{{.origins = "https://example.org"}});
class cors {
 public:
  /// Throws std::invalid_argument for credentials with "*", and for what no header field can hold.
  explicit cors(const cors_options& options);

  task<http::server_response> operator()(http::server_request& request, next rest) const;

 private:
  [[nodiscard]] bool allows(std::string_view origin) const noexcept;
  static task<http::server_response> run(const cors& self, http::server_request& request, next rest);

  std::string origins_;
  std::string methods_;
  std::string headers_;
  std::string exposed_;
  std::string max_age_;
  bool credentials_;
};

}  // namespace weft::web
