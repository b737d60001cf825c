#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weft::web {

/// How sessions are kept in a cookie.
struct session_options {
  /// What the cookie is signed with (HMAC-SHA-256): at least 32 bytes, random, and the same for all that serve the app.
  std::string_view secret = {};
  /// What cookies may have been signed with before, so that the secret can be changed. Nothing is signed with it.
  std::string_view old_secret = {};
  std::string_view cookie = "session";  ///< its name
  std::chrono::seconds max_age = std::chrono::days{14};
  /// Only over TLS; browsers take http://localhost for that.
  bool secure = true;
};
static_assert(std::is_trivially_destructible_v<session_options>);

/// A handler's parameter `session&`: names and values that stay with a client, in a cookie that it can read but not
/// change. A cookie that was forged, or is too old, is as none. Needs app::keep_sessions.
class session {
 public:
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// UTF-8. A cookie has room for about 3,000 bytes in all: an answer for which that is not enough becomes a 500.
  void set(std::string_view name, std::string value);
  void erase(std::string_view name);
  /// Forgets everything: the client's cookie goes.
  void clear();
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }

  /// For the library's own use.
  session() = default;
  explicit session(std::map<std::string, std::string, std::less<>> values) : values_{std::move(values)} {}
  [[nodiscard]] bool changed() const noexcept { return changed_; }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& values() const noexcept { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  bool changed_ = false;
};

}  // namespace weft::web
