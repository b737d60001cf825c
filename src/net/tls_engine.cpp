#include "net/tls_engine.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <weft/net/endpoint.hpp>

#include "net/tls_certificates.hpp"
#include "net/tls_context_state.hpp"

namespace weft::detail {

namespace {

/// How many times in a row there may be something to read that gives no plaintext.
constexpr int most_fruitless = 64;

}  // namespace

// ---- where OpenSSL reads and writes ---------------------------------------------------------------------------------

struct tls_engine::bio_functions {
  static tls_engine& engine_of(BIO* bio) noexcept { return *static_cast<tls_engine*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* got) noexcept {
    tls_engine& engine = engine_of(bio);
    BIO_clear_retry_flags(bio);
    *got = 0;
    if (engine.input_ended_) return 0;
    ssize_t n = 0;
    do {
      n = engine.source_->receive_ciphertext({into, size});
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
      *got = static_cast<std::size_t>(n);
      const std::size_t noted = std::min(*got, engine.first_bytes_.size() - engine.first_size_);
      std::copy_n(into, noted, engine.first_bytes_.begin() + static_cast<std::ptrdiff_t>(engine.first_size_));
      engine.first_size_ += noted;
      return 1;
    }
    if (n == 0) {
      engine.input_ended_ = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      engine.input_dry_ = true;
      BIO_set_retry_read(bio);
    } else {
      engine.input_error_ = errno;
    }
    return 0;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) noexcept {
    BIO_clear_retry_flags(bio);
    try {
      engine_of(bio).output_.append({from, size});
    } catch (const std::bad_alloc&) {
      *taken = 0;
      return 0;
    }
    *taken = size;
    return 1;
  }

  static long control(BIO* bio, int command, long, void*) noexcept {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return engine_of(bio).input_ended_ ? 1 : 0;
    return 0;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {  // never freed: streams may be static
      BIO_METHOD* const functions = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weft");
      if (functions == nullptr) throw std::bad_alloc{};
      BIO_meth_set_read_ex(functions, &read);
      BIO_meth_set_write_ex(functions, &write);
      BIO_meth_set_ctrl(functions, &control);
      return functions;
    }();
    return made;
  }
};

// ---- a connection's life --------------------------------------------------------------------------------------------

tls_engine::tls_engine(std::shared_ptr<tls_context_state> context, std::shared_ptr<const tls_setup> setup,
                       tls_peer peer, tls_source& source)
    : context_{std::move(context)}, setup_{std::move(setup)}, peer_{std::move(peer)}, source_{&source} {
  ERR_clear_error();
  ssl_.reset(SSL_new(setup_->context()));
  BIO* const bio = BIO_new(bio_functions::method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc{};
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  if (setup_->is_server()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    prepare_client();
  }
}

tls_engine::~tls_engine() = default;

void tls_engine::prepare_client() {
  SSL* const ssl = ssl_.get();
  const bool is_address = endpoint::parse(peer_.host, 0).has_value();
  bool worked = true;
  if (!is_address && !peer_.host.empty()) worked = SSL_set_tlsext_host_name(ssl, peer_.host.c_str()) == 1;
  if (!peer_.verify) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  } else if (is_address) {
    worked = worked && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), peer_.host.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    worked = worked && SSL_set1_host(ssl, peer_.host.c_str()) == 1;
  }
  if (!peer_.alpn.empty()) {
    const auto* const wire = reinterpret_cast<const unsigned char*>(peer_.alpn.data());
    worked = worked && SSL_set_alpn_protos(ssl, wire, static_cast<unsigned>(peer_.alpn.size())) == 0;
  }
  if (!worked) {
    throw tls_error{tls_errc::configuration, "\"" + peer_.host + "\" is no name of a TLS server",
                    take_openssl_reasons()};
  }
  if (setup_->resumes() && !peer_.session_key.empty()) {
    if (const openssl_ptr<SSL_SESSION> earlier = context_->sessions.take(peer_.session_key)) {
      SSL_set_session(ssl, earlier.get());
    }
  }
}

int tls_engine::on_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  try {
    auto& self = *static_cast<tls_engine*>(SSL_get_app_data(ssl));
    self.heard_ = true;
    if (self.peer_.session_key.empty() || !self.setup_->resumes()) return 0;
    SSL_SESSION_up_ref(session);
    self.context_->sessions.keep(self.peer_.session_key, openssl_ptr<SSL_SESSION>{session});
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): then there is nothing to resume
  }
  return 0;
}

tls_engine::progress tls_engine::handshake() noexcept {
  if (failed()) return progress::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome(result);
  handshake_done_ = true;
  return progress::done;
}

tls_engine::progress tls_engine::decrypt(std::span<char> room, std::size_t& got) noexcept {
  got = 0;
  if (failed()) return progress::failed;
  ERR_clear_error();
  input_dry_ = false;
  for (int fruitless = 0; got < room.size();) {
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data() + got, room.size() - got, &n);
    if (result == 1) {
      got += n;
      heard_ = true;
      continue;
    }
    const progress reached = outcome(result);
    if (reached != progress::wants_input || input_dry_) return reached;
    // It was a message of TLS itself. A peer that sends nothing else must not keep the loop.
    if (++fruitless > most_fruitless) return give_up();
  }
  return progress::done;
}

tls_engine::progress tls_engine::give_up() noexcept {
  try {
    failure_ = {tls_errc::protocol, "the peer sends nothing but messages of TLS itself", {}};
  } catch (const std::bad_alloc&) {
    input_error_ = ENOMEM;
  }
  return progress::failed;
}

tls_engine::progress tls_engine::encrypt(std::string_view plaintext) noexcept {
  if (failed()) return progress::failed;
  if (plaintext.empty()) return progress::done;
  ERR_clear_error();
  std::size_t taken = 0;
  const int result = SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &taken);
  sent_ = true;
  return result == 1 ? progress::done : outcome(result);
}

tls_engine::progress tls_engine::end_sending() noexcept {
  if (failed()) return progress::failed;
  if (sending_ended_ || !handshake_done_) return progress::done;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0) return outcome(result);
  sending_ended_ = true;
  return progress::done;
}

void tls_engine::look_for_alert() noexcept {
  if (failed()) return;
  ERR_clear_error();
  char unused = 0;
  std::size_t n = 0;
  const int result = SSL_peek_ex(ssl_.get(), &unused, 1, &n);
  if (result != 1) (void)outcome(result);
}

tls_engine::progress tls_engine::update_keys(bool both) noexcept {
  if (failed()) return progress::failed;
  if (SSL_version(ssl_.get()) != TLS1_3_VERSION) return progress::done;
  ERR_clear_error();
  int result = SSL_key_update(ssl_.get(), both ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
  if (result == 1) result = SSL_do_handshake(ssl_.get());
  return result == 1 ? progress::done : outcome(result);
}

tls_engine::progress tls_engine::outcome(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return progress::wants_input;
    case SSL_ERROR_ZERO_RETURN:
      return progress::ended;
    default:
      fail();
      return progress::failed;
  }
}

// ---- why it failed --------------------------------------------------------------------------------------------------

namespace {

bool is_one_of(int value, std::initializer_list<int> those) noexcept {
  return std::find(those.begin(), those.end(), value) != those.end();
}

/// "GET / HT": what can be shown of bytes.
std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c < ' ' || c > '~') break;
    text += c;
  }
  return text;
}

}  // namespace

void tls_engine::fail() noexcept {
  if (input_error_ != 0) {
    ERR_clear_error();
    return;
  }
  try {
    failure_ = explain();
    failure_->reasons = take_openssl_reasons();
  } catch (const std::bad_alloc&) {
    ERR_clear_error();
    input_error_ = ENOMEM;
  }
}

tls_failure tls_engine::explain() const {
  const unsigned long first = ERR_peek_error();
  const int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
  if (bad_certificate_) return *bad_certificate_;
  if (input_ended_) return explain_end();
  if (reason > SSL_AD_REASON_OFFSET) return explain_alert(reason - SSL_AD_REASON_OFFSET);
  if (is_one_of(reason, {SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST})) return explain_not_tls();
  const bool begun_as_tls = first_size_ == 0 || (first_bytes_[0] >= SSL3_RT_CHANGE_CIPHER_SPEC &&
                                                 first_bytes_[0] <= SSL3_RT_APPLICATION_DATA);
  if (!handshake_done_ && !begun_as_tls) return explain_not_tls();
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    return {tls_errc::certificate_required, "the client has sent no certificate, and this server requires one", {}};
  }
  if (is_one_of(reason, {SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION,
                         SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH})) {
    return {
        tls_errc::no_common_version, "the two sides have no version of TLS in common; this one needs at least 1.2", {}};
  }
  if (is_one_of(reason, {SSL_R_NO_SHARED_CIPHER, SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
                         SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SHARED_GROUPS, SSL_R_WRONG_CIPHER_RETURNED})) {
    return {tls_errc::no_common_cipher, "the two sides have no cipher, key exchange or signature in common", {}};
  }
  if (reason == SSL_R_NO_APPLICATION_PROTOCOL) {
    return {tls_errc::no_common_protocol, "the client speaks none of this server's application protocols (ALPN)", {}};
  }
  return {tls_errc::protocol, "what came breaks the rules of TLS", {}};
}

tls_failure tls_engine::explain_end() const {
  if (!handshake_done_) {
    return {tls_errc::truncated, "the connection was closed during the handshake", {}};
  }
  return {tls_errc::truncated,
          "the connection was cut: it ended without a close_notify, so that some of what was sent may be missing",
          {}};
}

tls_failure tls_engine::explain_not_tls() const {
  const std::string begin = printable({first_bytes_.data(), first_size_});
  std::string text = "the peer does not speak TLS";
  if (!begin.empty()) text += ": what it sends begins with \"" + begin + "\"";
  if (begin.starts_with("HTTP/")) {
    text += "; this port is for plain HTTP";
  } else if (setup_->is_server()) {
    text += "; it has to connect with TLS here, for instance with https";
  } else if (begin.starts_with("220") || begin.starts_with("+OK") || begin.starts_with("* OK")) {
    text += "; this protocol begins without TLS: see start_tls";
  }
  return {tls_errc::not_tls, std::move(text), {}};
}

tls_failure tls_engine::explain_alert(int alert) const {
  const std::string name = SSL_alert_desc_string_long(alert);
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
      return {tls_errc::certificate_refused, "the peer refuses this side's certificate: " + name, {}};
    case SSL_AD_CERTIFICATE_REQUIRED:
      return {tls_errc::certificate_required, "the server requires a certificate, and this client has sent none", {}};
    case SSL_AD_PROTOCOL_VERSION:
      return {tls_errc::no_common_version, "the peer knows no version of TLS that is allowed here (from 1.2 on)", {}};
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return {tls_errc::no_common_protocol, "the server speaks none of this client's application protocols (ALPN)", {}};
    case SSL_AD_HANDSHAKE_FAILURE:
      if (handshake_done_) break;
      return {tls_errc::refused,
              "the peer refuses the handshake: the two sides may have no cipher in common, or it wants a certificate",
              {}};
    case SSL_AD_UNRECOGNIZED_NAME:
      return {tls_errc::refused, "the server does not know the name " + peer_.host, {}};
    default:
      break;
  }
  return {tls_errc::refused, "the peer has ended the connection: " + name, {}};
}

// ---- the peer's certificate -----------------------------------------------------------------------------------------

int tls_engine::on_certificate(int good, X509_STORE_CTX* checked) noexcept {
  if (good != 0) return 1;
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(checked, SSL_get_ex_data_X509_STORE_CTX_idx()));
  try {
    return static_cast<tls_engine*>(SSL_get_app_data(ssl))->refuse_certificate(*checked);
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

namespace {

std::string joined(const std::vector<std::string>& names) {
  if (names.empty()) return "no host at all";
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 8) return text + ", ...";
    text.append(i == 0 ? "" : ", ").append(names[i]);
  }
  return text;
}

}  // namespace

int tls_engine::refuse_certificate(X509_STORE_CTX& checked) {
  const int error = X509_STORE_CTX_get_error(&checked);
  const int depth = X509_STORE_CTX_get_error_depth(&checked);
  if (error == X509_V_ERR_UNABLE_TO_GET_CRL && depth > 0) {
    X509_STORE_CTX_set_error(&checked, X509_V_OK);  // authorities are checked where there is a list
    return 1;
  }
  if (bad_certificate_) return 0;
  const X509* const bad = X509_STORE_CTX_get_current_cert(&checked);
  const std::string peer = setup_->is_server() ? "client" : "server";
  const std::string subject = bad != nullptr ? name_text(X509_get_subject_name(bad)) : "";
  const std::string issuer = bad != nullptr ? name_text(X509_get_issuer_name(bad)) : "";
  const std::string which =
      (depth == 0 ? "the " + peer + "'s certificate" : std::string{"the authority's certificate"}) +
      (subject.empty() ? "" : " (" + subject + ")");
  const char* const renew = depth == 0 ? "; it has to be renewed there" : "; the chain has to be renewed there";
  tls_failure found{tls_errc::bad_certificate, {}, {}};
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      found.code = tls_errc::expired;
      found.text = which + " has expired on " + time_text(time_of(X509_get0_notAfter(bad))) + renew;
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      found.code = tls_errc::not_yet_valid;
      found.text = which + " is valid only from " + time_text(time_of(X509_get0_notBefore(bad))) +
                   " on; one of the two clocks may be wrong";
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      found.code = tls_errc::wrong_host;
      found.text = which + " is for " + (bad != nullptr ? joined(host_names(*bad)) : "another host") + ", not for " +
                   peer_.host + "; connect by one of these names, or give the expected one as server_name";
      break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      found.code = tls_errc::self_signed;
      found.text = which + " is self-signed; if it is meant to be, trust it by ca_file";
      break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      found.code = tls_errc::unknown_ca;
      found.text = which + " is at the root of the chain and is not trusted here; if it should be, give it as ca_file";
      break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      found.code = tls_errc::unknown_ca;
      found.text = which + " was issued by " + issuer + ", which is not trusted here and whose certificate the " +
                   peer + " has not sent; give the authority as ca_file, or let the " + peer + " send the whole chain";
      break;
    case X509_V_ERR_CERT_REVOKED:
      found.code = tls_errc::revoked;
      found.text = which + " was revoked by " + issuer;
      break;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      found.code = tls_errc::revocation_unknown;
      found.text = "there is no good and current revocation list from " + issuer + " for " + which +
                   "; renew the list in crl_file";
      break;
    default:
      found.text = which + " is bad: " + X509_verify_cert_error_string(error);
      break;
  }
  bad_certificate_ = std::move(found);
  return 0;
}

}  // namespace weft::detail
