#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/net/tls_context.hpp>

#include "net/openssl.hpp"

namespace weft::detail {

/// A text and where it comes from.
struct tls_text {
  std::string text;  // or a file's name
  bool is_file;
};

/// What a tls_context was told.
struct tls_settings {
  struct own_certificate {
    tls_text certificate;
    tls_text key;
    std::string password;
  };
  bool server = false;
  std::vector<own_certificate> certificates;
  std::vector<tls_text> trusted;
  std::vector<std::string> trusted_directories;
  std::optional<bool> trust_system;
  std::vector<std::string> revocation_files;
  client_certificates ask = client_certificates::none;
  std::string alpn;  // as on the wire
  tls_version min_version = tls_version::tls1_2;
  tls_version max_version = tls_version::tls1_3;
  std::string ciphers;
  std::string cipher_suites;
  bool resume = true;
};

/// "h2,http/1.1" as it goes over the wire (RFC 7301, section 3.1). Throws std::invalid_argument.
std::string alpn_wire_format(std::string_view protocols);

/// Settings made into what OpenSSL works with: files are read, certificates parsed. Does not change. Whoever has an SSL
/// of it must keep it.
class tls_setup {
 public:
  /// Throws tls_error, std::system_error for files, and std::invalid_argument for a server that cannot work.
  explicit tls_setup(const tls_settings& settings);
  tls_setup(const tls_setup&) = delete;
  tls_setup& operator=(const tls_setup&) = delete;
  ~tls_setup() = default;

  /// Lets clients resume what they began with an older setup.
  void take_ticket_keys_of(const tls_setup& older) noexcept;

  SSL_CTX* context() const noexcept { return context_.get(); }
  bool is_server() const noexcept { return server_; }
  bool resumes() const noexcept { return resumes_; }
  const std::string& alpn() const noexcept { return alpn_; }

 private:
  struct certificate {
    openssl_ptr<X509> leaf;
    openssl_ptr<STACK_OF(X509)> chain;
    openssl_ptr<EVP_PKEY> key;
  };
  static certificate read_certificate(const tls_settings::own_certificate& from);
  void use_certificates(const tls_settings& settings);
  void trust(const tls_settings& settings);
  void set_protocol(const tls_settings& settings);
  const std::vector<std::size_t>* certificates_for(std::string_view host) const;
  static int choose_certificate(SSL* ssl, void* setup) noexcept;
  static int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                             unsigned int offered_size, void* setup) noexcept;

  openssl_ptr<SSL_CTX> context_;
  bool server_;
  bool resumes_;
  bool asks_clients_;
  std::string alpn_;
  std::vector<certificate> certificates_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;  // indices in certificates_
};

}  // namespace weft::detail
