#pragma once

// The Set-Cookie field and the rules for cookies that need no jar. RFC 6265bis, sections 5.1, 5.6 and 5.7.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/cookie.hpp>
#include <weft/http/cookie_options.hpp>

namespace weft::http::detail {

inline constexpr std::size_t largest_cookie = 4096;  // name and value
inline constexpr std::chrono::days longest_life{400};

/// What a Set-Cookie field says. Views into it.
struct set_cookie {
  std::string_view name;
  std::string_view value;
  std::string_view domain;  // without a dot before it; as given otherwise
  std::string_view path;
  bool has_path = false;
  bool secure = false;
  bool http_only = false;
  http::same_site same_site = http::same_site::unset;
  std::optional<std::chrono::sys_seconds> expires;  // no later than the longest life from now
};

/// nullopt if the field is to be ignored.
std::optional<set_cookie> parse_set_cookie(std::string_view field, std::chrono::sys_seconds now);

/// What a server says; see server_response::cookie.
std::string write_set_cookie(std::string_view name, std::string_view value, const cookie_options& options);

/// A date in any form that servers have ever sent. Section 5.1.1.
std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text);

/// True if `text` has a byte that no cookie has: controls but the tab.
bool has_cookie_control(std::string_view text) noexcept;

/// True for `host` itself and, if it is no address, the names below `domain`. Section 5.1.3.
bool domain_matches(std::string_view host, std::string_view domain);

/// Section 5.1.4.
bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept;

/// The dot before a name says something in cookies; a host that begins with one, which no DNS knows, has none.
bool may_have_cookies(std::string_view host) noexcept;

/// A cookie that did not come from the host it is for, with its domain as url::host() gives hosts.
/// @throws std::invalid_argument if no request could carry it; url_error if its domain is no host.
cookie checked(cookie one);

/// The path of cookies that were set without one: that of the request without its last segment. Section 5.1.4.
std::string_view default_path(std::string_view request_path) noexcept;

/// True if the cookie keeps what a name with the prefix `__Secure-` or `__Host-` promises. Section 4.1.3.
/// @param root_path true if its path was given, and is `/`.
bool keeps_prefix_promise(const cookie& one, bool root_path) noexcept;

}  // namespace weft::http::detail
