#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <type_traits>
#include <weft/http/cookie.hpp>

namespace weft::http {

/// What a browser is to do with a cookie that a response gives it; see server_response::cookie. RFC 6265bis, section
/// 4.1.2.
struct cookie_options {
  /// How long it is kept: until the browser ends, if nothing is said; 0 or less makes the browser forget it, if path
  /// and domain are those that it was given with.
  std::optional<std::chrono::seconds> max_age = {};
  std::string_view path = "/";                       ///< sent to what is below that path
  std::string_view domain = {};                      ///< sent to the hosts below it too; to this host only, if empty
  bool secure = true;                                ///< only over TLS; browsers take http://localhost for that
  bool http_only = true;                             ///< not for scripts
  http::same_site same_site = http::same_site::lax;  ///< unset: the browser's choice
};
static_assert(std::is_trivially_destructible_v<cookie_options>);

}  // namespace weft::http
