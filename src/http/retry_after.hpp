#pragma once

#include <chrono>
#include <optional>
#include <weft/http/headers.hpp>
#include <weft/http/http_date.hpp>

namespace weft::http::detail {

/// What a response's Retry-After asks for, from now.
inline std::optional<std::chrono::nanoseconds> retry_after(const headers& fields) {
  const std::optional<std::string_view> value = fields.get("retry-after");
  if (!value) return std::nullopt;
  return parse_retry_after(*value, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

}  // namespace weft::http::detail
