#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <weft/web/session.hpp>

namespace weft::web::detail {

/// Sessions as signed text: `VALUES.TIME.SIGNATURE`, each in base64url.
class session_cookie {
 public:
  /// Throws std::invalid_argument for a short secret and for a name that no cookie can have.
  explicit session_cookie(const session_options& options);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// An empty one for what was not signed here, or too long ago.
  [[nodiscard]] session read(std::string_view text, std::chrono::sys_seconds now) const;
  [[nodiscard]] std::string write(const session& of, std::chrono::sys_seconds now) const;
  /// The value of the Set-Cookie field. Throws std::length_error for more than a cookie holds.
  [[nodiscard]] std::string field(const session& of, std::chrono::sys_seconds now) const;

 private:
  [[nodiscard]] std::string signature(std::string_view text, const std::string& secret) const;

  std::string name_;
  std::string secret_;
  std::string old_secret_;
  std::chrono::seconds max_age_;
  bool secure_;
};

}  // namespace weft::web::detail
