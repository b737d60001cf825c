#pragma once

#include <exception>

namespace weft::http {

/// A request that was answered with this may succeed if it is sent again: 408, 425, 429, 500, 502, 503 and 504.
bool is_transient_status(int status) noexcept;

/// For weft::retry, as retry_options::retry_if: true for timeout_error, for request_error (but too many redirects), and
/// for a status_error whose status is_transient_status(). retry() waits as long as the server asks for (Retry-After).
///
///     std::string page = co_await weft::retry({.max_attempts = 5, .retry_if = &weft::http::is_transient},
///                                             [&] { return client.get("/").text(); });
bool is_transient(const std::exception_ptr& error) noexcept;

}  // namespace weft::http
