#pragma once

#include <string_view>

// What methods promise. RFC 9110, section 9.2.

namespace weft::http::detail {

/// The client asks for nothing to happen.
constexpr bool is_safe(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

/// Sent twice, it does no more than sent once.
constexpr bool is_idempotent(std::string_view method) noexcept {
  return is_safe(method) || method == "PUT" || method == "DELETE";
}

}  // namespace weft::http::detail
