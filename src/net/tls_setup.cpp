#include "net/tls_setup.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <weft/net/tls_error.hpp>

#include "net/socket_core.hpp"
#include "net/tls_certificates.hpp"
#include "net/tls_engine.hpp"

namespace weft::detail {

namespace {

/// How much OpenSSL reads ahead: two records, so that most reads are one system call for many.
constexpr std::size_t read_ahead = 2 * (SSL3_RT_MAX_PLAIN_LENGTH + 512);

[[noreturn]] void cannot(const std::string& what) {
  throw tls_error{tls_errc::configuration, what, take_openssl_reasons()};
}

void need(bool worked, const char* what) {
  if (!worked) cannot(what);
}

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
  if (!file) throw_system_error(errno, "open " + path);
  std::string all;
  std::array<char, 16384> part;
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), file.get())) all.append(part.data(), n);
  if (std::ferror(file.get()) != 0) throw_system_error(errno, "read " + path);
  return all;
}

std::string content(const tls_text& of) { return of.is_file ? read_file(of.text) : of.text; }
std::string place(const tls_text& of) { return of.is_file ? of.text : "the given text"; }

/// Gives OpenSSL the password, so that it never asks for one at the terminal.
int give_password(char* room, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), room);
  return static_cast<int>(text.size());
}

openssl_ptr<X509> next_certificate(BIO* pem) {
  std::string no_password;
  return openssl_ptr<X509>{PEM_read_bio_X509_AUX(pem, nullptr, &give_password, &no_password)};
}

/// The reasons for the end of a PEM text are none if it just has no more of what is looked for.
bool ended_in_order() {
  const unsigned long code = ERR_peek_last_error();
  const bool just_the_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (just_the_end) ERR_clear_error();
  return just_the_end;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

int number_of(tls_version version) noexcept { return version == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION; }

const unsigned char* bytes_of(const std::string& text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string alpn_wire_format(std::string_view protocols) {
  std::string wire;
  while (!protocols.empty()) {
    const std::size_t comma = std::min(protocols.find(','), protocols.size());
    const std::string_view one = protocols.substr(0, comma);
    if (one.empty() || one.size() > 255) {
      throw std::invalid_argument{"an application protocol's name has 1 to 255 bytes"};
    }
    wire += static_cast<char>(one.size());
    wire += one;
    protocols.remove_prefix(std::min(comma + 1, protocols.size()));
  }
  return wire;
}

tls_setup::tls_setup(const tls_settings& settings)
    : server_{settings.server},
      resumes_{settings.resume},
      asks_clients_{settings.ask != client_certificates::none},
      alpn_{settings.alpn} {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(server_ ? TLS_server_method() : TLS_client_method()));
  need(context_ != nullptr, "OpenSSL cannot make a context");
  set_protocol(settings);
  use_certificates(settings);
  trust(settings);
  ERR_clear_error();
}

void tls_setup::set_protocol(const tls_settings& settings) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);  // see tls_engine::decrypt
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, read_ahead);
  need(SSL_CTX_set_min_proto_version(context, number_of(settings.min_version)) == 1, "the lowest version of TLS");
  need(SSL_CTX_set_max_proto_version(context, number_of(settings.max_version)) == 1, "the highest version of TLS");
  if (!settings.ciphers.empty() && SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    cannot("none of these ciphers is usable: " + settings.ciphers);
  }
  if (!settings.cipher_suites.empty() && SSL_CTX_set_ciphersuites(context, settings.cipher_suites.c_str()) != 1) {
    cannot("not all of these cipher suites are usable: " + settings.cipher_suites);
  }
  if (server_) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets need none
    static constexpr unsigned char name[] = "weft";
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    if (!resumes_) {
      SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
      SSL_CTX_set_num_tickets(context, 0);
    }
    if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(context, &choose_protocol, this);
  } else {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &tls_engine::on_new_session);
    if (!alpn_.empty()) {
      need(SSL_CTX_set_alpn_protos(context, bytes_of(alpn_), static_cast<unsigned>(alpn_.size())) == 0, "ALPN");
    }
  }
}

// ---- this side's certificates ---------------------------------------------------------------------------------------

tls_setup::certificate tls_setup::read_certificate(const tls_settings::own_certificate& from) {
  certificate read;
  const std::string text = content(from.certificate);
  const openssl_ptr<BIO> pem = bio_over(text);
  read.leaf = next_certificate(pem.get());
  if (!read.leaf) cannot("there is no certificate in " + place(from.certificate));
  read.chain.reset(sk_X509_new_null());
  if (!read.chain) throw std::bad_alloc{};
  while (openssl_ptr<X509> above = next_certificate(pem.get())) {
    if (sk_X509_push(read.chain.get(), above.get()) == 0) throw std::bad_alloc{};
    (void)above.release();
  }
  if (!ended_in_order()) cannot("bad certificate in " + place(from.certificate));

  const std::string key_text = content(from.key);
  const openssl_ptr<BIO> key_pem = bio_over(key_text);
  std::string password = from.password;
  read.key.reset(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, &give_password, &password));
  if (!read.key) {
    cannot("there is no private key in " + place(from.key) +
           (from.password.empty() ? "" : ", or the password is not its own"));
  }
  if (X509_check_private_key(read.leaf.get(), read.key.get()) != 1) {
    cannot("the private key in " + place(from.key) + " is not that of the certificate in " + place(from.certificate));
  }
  return read;
}

void tls_setup::use_certificates(const tls_settings& settings) {
  for (const tls_settings::own_certificate& own : settings.certificates) {
    certificates_.push_back(read_certificate(own));
  }
  if (certificates_.empty()) {
    if (server_) throw tls_error{tls_errc::configuration, "a TLS server needs a certificate: add_certificate()"};
    return;
  }
  for (const certificate& own : certificates_) {
    // Those of other names come in choose_certificate(); here they show whether OpenSSL accepts them.
    if (SSL_CTX_use_cert_and_key(context_.get(), own.leaf.get(), own.key.get(), own.chain.get(), 1) != 1) {
      cannot("the certificate of " + name_text(X509_get_subject_name(own.leaf.get())) + " cannot be used");
    }
  }
  if (!server_) return;
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    for (const std::string& name : host_names(*certificates_[i].leaf)) by_name_[lower_case(name)].push_back(i);
  }
  if (certificates_.size() > 1) SSL_CTX_set_cert_cb(context_.get(), &choose_certificate, this);
}

const std::vector<std::size_t>* tls_setup::certificates_for(std::string_view host) const {
  const std::string name = lower_case(host);
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (const std::size_t dot = name.find('.'); dot != std::string::npos) found = by_name_.find("*" + name.substr(dot));
  }
  return found != by_name_.end() ? &found->second : nullptr;
}

int tls_setup::choose_certificate(SSL* ssl, void* setup) noexcept {
  try {
    const auto& self = *static_cast<const tls_setup*>(setup);
    static const std::vector<std::size_t> first{0};
    const char* const host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::vector<std::size_t>* fitting = host != nullptr ? self.certificates_for(host) : nullptr;
    if (fitting == nullptr) fitting = &first;
    SSL_certs_clear(ssl);
    for (const std::size_t i : *fitting) {
      const certificate& own = self.certificates_[i];
      if (SSL_use_cert_and_key(ssl, own.leaf.get(), own.key.get(), own.chain.get(), 1) != 1) return 0;
    }
    return 1;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

int tls_setup::choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                               unsigned int offered_size, void* setup) noexcept {
  const std::string& own = static_cast<const tls_setup*>(setup)->alpn_;
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, bytes_of(own), static_cast<unsigned>(own.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

void tls_setup::take_ticket_keys_of(const tls_setup& older) noexcept {
  // What a ticket says of a client's certificate may not hold for those that are trusted now.
  if (!server_ || asks_clients_ || older.asks_clients_) return;
  std::array<unsigned char, 80> keys{};
  const auto size = static_cast<long>(keys.size());
  if (SSL_CTX_get_tlsext_ticket_keys(older.context(), keys.data(), size) == 1) {
    SSL_CTX_set_tlsext_ticket_keys(context(), keys.data(), size);
  }
  OPENSSL_cleanse(keys.data(), keys.size());
}

// ---- whom to trust --------------------------------------------------------------------------------------------------

void tls_setup::trust(const tls_settings& settings) {
  SSL_CTX* const context = context_.get();
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  const bool asks = server_ && settings.ask != client_certificates::none;
  for (const tls_text& trusted : settings.trusted) {
    const std::string text = content(trusted);
    const openssl_ptr<BIO> pem = bio_over(text);
    bool any = false;
    while (const openssl_ptr<X509> authority = next_certificate(pem.get())) {
      any = true;
      if (X509_STORE_add_cert(store, authority.get()) != 1) cannot("bad certificate in " + place(trusted));
      if (asks) SSL_CTX_add_client_CA(context, authority.get());
    }
    if (!ended_in_order() || !any) cannot("there are no certificates to trust in " + place(trusted));
  }
  for (const std::string& directory : settings.trusted_directories) {
    if (X509_STORE_load_path(store, directory.c_str()) != 1) cannot("directory of certificates " + directory);
  }
  const bool own = !settings.trusted.empty() || !settings.trusted_directories.empty();
  const bool system = settings.trust_system.value_or(!server_ && !own);
  if (system) need(SSL_CTX_set_default_verify_paths(context) == 1, "the system's certificates");
  if (asks && !own && !system) {
    throw tls_error{tls_errc::configuration,
                    "a server that asks for certificates has to know whom to trust: trust_file()"};
  }

  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;  // what is trusted is trusted, also if it is no root
  for (const std::string& file : settings.revocation_files) {
    const std::string text = read_file(file);
    const openssl_ptr<BIO> pem = bio_over(text);
    bool any = false;
    while (const openssl_ptr<X509_CRL> list{PEM_read_bio_X509_CRL(pem.get(), nullptr, nullptr, nullptr)}) {
      any = true;
      if (X509_STORE_add_crl(store, list.get()) != 1) cannot("bad revocation list in " + file);
    }
    if (!ended_in_order() || !any) cannot("there is no revocation list in " + file);
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), flags);

  if (!server_) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &tls_engine::on_certificate);
  } else if (asks) {
    const bool required = settings.ask == client_certificates::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       &tls_engine::on_certificate);
  }
}

}  // namespace weft::detail
