#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// Versions of TLS. There are no older ones here: RFC 8996 has retired them.
enum class tls_version : std::uint8_t {
  tls1_2,  ///< RFC 5246
  tls1_3   ///< RFC 8446
};

/// Whether a server asks its clients for certificates.
enum class client_certificates : std::uint8_t {
  none,      ///< it does not ask
  optional,  ///< it asks, and refuses bad ones; a client may have none
  required   ///< it refuses clients that have none
};

namespace detail {
class tls_context_state;
class tls_context_access;
}  // namespace detail

/// What many TLS connections share: certificates, whom to trust, and sessions to resume. ssl.SSLContext.
///
///     auto context = weft::tls_context::server("example.crt", "example.key").alpn("h2,http/1.1");
///     auto context = weft::tls_context::client().trust_file("our-ca.pem");
///
/// A handle: copies are the same context, and it may be used by the loops of several threads. Settings are for
/// handshakes that begin afterwards. Files are read when the first connection needs them, or by load(), and again by
/// reload(): a server gets a renewed certificate without a restart, and connections that are open go on.
class tls_context {
 public:
  /// For connections that this side opens. Trusts the system's authorities (also SSL_CERT_FILE and SSL_CERT_DIR in the
  /// environment), and keeps the sessions of 256 servers for resumption.
  static tls_context client();
  /// For connections that this side accepts. Needs a certificate: see add_certificate().
  static tls_context server();
  static tls_context server(std::string certificate_file, std::string key_file = {});

  // ---- this side's certificates ----

  /// Adds a certificate, with those between it and the authority behind it in the same file (PEM). `key_file` is its
  /// private key, which may be in the same file: "". A server with several picks by the name that the client asks for
  /// (SNI, RFC 6066), the first one if none fits; for one name there may be one of each kind of key.
  tls_context& add_certificate(std::string certificate_file, std::string key_file = {}, std::string password = {});
  /// The same from memory.
  tls_context& add_certificate_pem(std::string certificate, std::string key, std::string password = {});

  // ---- whom to trust ----

  /// Trusts the authorities in a file (PEM). Once there are any of one's own, the system's are trusted no more, unless
  /// trust_system() says so.
  tls_context& trust_file(std::string ca_file);
  /// A directory of authorities named by their hashes, as `openssl rehash` makes it.
  tls_context& trust_directory(std::string ca_directory);
  tls_context& trust_pem(std::string ca);
  tls_context& trust_system(bool on = true);
  /// Refuses certificates that these lists (PEM) have revoked. An issuer of end certificates without a current list
  /// means refusal too; authorities are checked where there is a list.
  tls_context& revocation_file(std::string crl_file);
  /// Whether a server asks for certificates; it trusts nobody's but those of trust_file() and its kin.
  tls_context& ask_clients(client_certificates how);

  // ---- the protocol ----

  /// The application protocols (ALPN, RFC 7301), those preferred first, separated by commas: "h2,http/1.1". A server
  /// takes its first one that the client has, and refuses clients that speak none of them.
  tls_context& alpn(std::string_view protocols);
  tls_context& min_version(tls_version version);
  tls_context& max_version(tls_version version);
  /// OpenSSL's list of ciphers for TLS 1.2 ("ECDHE+AESGCM") and of cipher suites for TLS 1.3
  /// ("TLS_AES_128_GCM_SHA256"); "" for the default.
  tls_context& ciphers(std::string tls1_2, std::string tls1_3 = {});
  /// Whether connections may resume the session of an earlier one, which saves them most of the handshake; on from the
  /// start. A client uses a session of TLS 1.3 once.
  tls_context& resumption(bool on);

  // ---- files ----

  /// Reads what has not been read yet. Throws tls_error (tls_errc::configuration), std::system_error for a file that
  /// cannot be read.
  void load() const;
  /// Reads all files again. Throws as load() does, and leaves everything as it was then.
  void reload();

 private:
  friend class detail::tls_context_access;
  explicit tls_context(bool server);
  std::shared_ptr<detail::tls_context_state> state_;
};

}  // namespace weft
