#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weft::http {

/// On which requests of other sites a browser sends a cookie. A cookie_jar keeps it and sends the cookie all the same:
/// every request of a program is its user's own, as one typed into the address line is.
enum class same_site : unsigned char {
  unset,   ///< not given, or a word that is not known; browsers treat it as lax
  strict,  ///< on none
  lax,     ///< on those that follow a link
  none,    ///< on all
};

/// A cookie as a cookie_jar keeps it. RFC 6265bis, section 5.7.
struct cookie {
  std::string name{};    ///< may be empty if the value is not
  std::string value{};   ///< as it came, quotes included
  std::string domain{};  ///< a host as url::host() gives it, without a dot before it
  std::string path = "/";

  /// When it ends; nullopt for one that lasts as long as the session, which is for the program to say.
  std::optional<std::chrono::sys_seconds> expires{};

  bool host_only = true;   ///< sent to `domain` itself and not to the hosts below it
  bool secure = false;     ///< sent over TLS only
  bool http_only = false;  ///< not for scripts; means nothing here, but is kept and saved
  http::same_site same_site = http::same_site::unset;

  friend bool operator==(const cookie&, const cookie&) = default;
};

}  // namespace weft::http
