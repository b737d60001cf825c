#pragma once

#include <exception>
#include <string>
#include <system_error>
#include <weft/core/errors.hpp>
#include <weft/http/headers.hpp>
#include <weft/patterns/retry_hint.hpp>

namespace weft::http {

/// A request could not be carried through: no connection, a connection that broke, an answer that is no HTTP.
///
/// what() begins with the request ("GET http://example.org/: ..."). Too little time is weft::timeout_error instead, and
/// what is wrong with the request itself is url_error or std::invalid_argument. httpx.RequestError.
class request_error : public error {
 public:
  /// @param cause the exception that says what went wrong below.
  request_error(const std::string& request, const std::exception& what, std::exception_ptr cause);
  request_error(const std::string& request, const std::string& reason);

  /// What was thrown below: std::system_error, tls_error, protocol_error; null if this was found by the client itself.
  const std::exception_ptr& cause() const noexcept { return cause_; }
  /// The code of what the system refused (std::errc::connection_refused, a tls_errc, ...); 0 if it was something else.
  const std::error_code& code() const noexcept { return code_; }

 private:
  std::exception_ptr cause_;
  std::error_code code_;
};

/// A server sent the client from one place to the next once too often.
class too_many_redirects : public request_error {
 public:
  too_many_redirects(const std::string& request, int limit);
};

/// A response says that the request has failed: its status is 400 or above, and success was asked for.
/// httpx.HTTPStatusError.
class status_error : public error, public retry_hint {
 public:
  /// @param body may be long; what() shows its beginning.
  status_error(const std::string& request, int status, http::headers headers, std::string body);

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const http::headers& headers() const noexcept { return headers_; }
  /// What the server has to say about it, a few KiB at most.
  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  /// How long the server asks to be left alone (Retry-After); 0 if it does not say. weft::retry() heeds it.
  [[nodiscard]] clock::duration retry_after() const noexcept override { return retry_after_; }

 private:
  int status_;
  http::headers headers_;
  std::string body_;
  clock::duration retry_after_{};
};

}  // namespace weft::http
