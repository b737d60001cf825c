#pragma once

#include <memory>
#include <string>
#include <system_error>

namespace weft {

/// What went wrong with TLS.
enum class tls_errc {
  expired = 1,           ///< the peer's certificate, or one above it, is not valid any more
  not_yet_valid,         ///< ... or not yet: perhaps a clock is wrong
  wrong_host,            ///< the certificate is for other hosts
  self_signed,           ///< the certificate vouches for itself, and is not among the trusted ones
  unknown_ca,            ///< no trusted authority has issued the certificate, or one in between was not sent
  revoked,               ///< its issuer has taken the certificate back
  revocation_unknown,    ///< there is no list, or no current one, that says whether it was revoked
  bad_certificate,       ///< the certificate is wrong otherwise: its signature, its purpose, its key
  certificate_required,  ///< a certificate was asked for, and none was given
  certificate_refused,   ///< the peer does not accept this side's certificate
  no_common_version,     ///< the two sides share no version of TLS
  no_common_cipher,      ///< ... or no cipher
  no_common_protocol,    ///< ... or no application protocol (ALPN)
  refused,               ///< the peer has ended the connection with another alert
  not_tls,               ///< the peer speaks something else, or TLS at a port that does not
  protocol,              ///< what came breaks the rules of TLS, or was tampered with
  truncated,             ///< the connection ended without the peer having said so (close_notify)
  configuration          ///< a certificate, a key or another setting of this side cannot be used
};

/// The category of tls_errc.
const std::error_category& tls_category() noexcept;
inline std::error_code make_error_code(tls_errc code) noexcept { return {static_cast<int>(code), tls_category()}; }

/// TLS has failed. what() tells with whom, which certificate, what is wrong and what to do about it; code() is a
/// tls_errc. ssl.SSLError.
class tls_error : public std::system_error {
 public:
  /// @param text what what() gives, but for the reasons.
  /// @param reasons what OpenSSL has to say; may be empty.
  tls_error(tls_errc code, const std::string& text, const std::string& reasons = {});

  const char* what() const noexcept override;
  tls_errc reason() const noexcept { return static_cast<tls_errc>(code().value()); }
  /// OpenSSL's own words; also at the end of what().
  const std::string& openssl_reasons() const noexcept;

 private:
  struct texts;
  std::shared_ptr<const texts> texts_;
};

}  // namespace weft

template <>
struct std::is_error_code_enum<weft::tls_errc> : std::true_type {};
