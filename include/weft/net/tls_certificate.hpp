#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace weft {

/// What an X.509 certificate says (RFC 5280). ssl.SSLSocket.getpeercert.
struct tls_certificate {
  /// Whom it is for and who has issued it, as in "CN=example.org,O=Example" (RFC 4514).
  std::string subject;
  std::string issuer;
  /// The hosts it is for: DNS names, as in "*.example.org", and IP addresses (subjectAltName).
  std::vector<std::string> names;
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  /// In hexadecimal digits.
  std::string serial_number;
  /// The SHA-256 hash of the whole certificate, in 64 hexadecimal digits.
  std::string fingerprint;
  /// The certificate itself.
  std::string pem;
};

}  // namespace weft
