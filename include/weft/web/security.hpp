#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <weft/web/fixed_text.hpp>

/// Credentials as a handler's parameters. A request without them is answered with 401 and a challenge, and the handler
/// is not called; whether they are right is for the handler (or a factory of app::provide_per_request) to say:
/// `throw web::http_error{401, "..."}`. They show in OpenAPI.
namespace weft::web {

/// `Authorization: Bearer ...`. RFC 6750. FastAPI's HTTPBearer.
class bearer_token {
 public:
  bearer_token() = default;
  explicit bearer_token(std::string token) : token_{std::move(token)} {}
  [[nodiscard]] const std::string& operator*() const noexcept { return token_; }
  [[nodiscard]] const std::string* operator->() const noexcept { return &token_; }

 private:
  std::string token_;
};

/// `Authorization: Basic ...`, which is only secret over TLS. RFC 7617.
struct basic_credentials {
  std::string user;
  std::string password;
};

/// A key in a header field of that name. FastAPI's APIKeyHeader.
template <fixed_text Name>
class api_key {
 public:
  api_key() = default;
  explicit api_key(std::string key) : key_{std::move(key)} {}
  [[nodiscard]] const std::string& operator*() const noexcept { return key_; }
  [[nodiscard]] const std::string* operator->() const noexcept { return &key_; }

 private:
  std::string key_;
};

/// Whether two texts are the same, in a time that does not tell where they differ: for tokens and passwords.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace weft::web
