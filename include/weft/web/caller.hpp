#pragma once

#include <string>
#include <utility>

namespace weft::web {

/// Who has sent a request, and how: a handler's parameter. Behind proxies that the app trusts (app::trust_proxies) it
/// is what they say, otherwise what the connection tells.
class caller {
 public:
  caller() = default;

  /// The client's address in numbers: "203.0.113.7", "2001:db8::1".
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  /// It has come over TLS.
  [[nodiscard]] bool is_tls() const noexcept { return tls_; }
  /// The host that the client has asked, with its port if it said one: "example.org". For the links in answers.
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  /// "https://example.org"
  [[nodiscard]] std::string origin() const { return (tls_ ? "https://" : "http://") + host_; }

  /// For the library's own use.
  caller(std::string address, bool tls, std::string host) noexcept
      : address_{std::move(address)}, tls_{tls}, host_{std::move(host)} {}

 private:
  std::string address_;
  bool tls_ = false;
  std::string host_;
};

}  // namespace weft::web
