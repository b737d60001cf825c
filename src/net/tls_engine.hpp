#pragma once

#include <sys/types.h>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <weft/net/tls_error.hpp>

#include "net/openssl.hpp"
#include "net/tls_output.hpp"
#include "net/tls_setup.hpp"

namespace weft::detail {

/// Where an engine gets ciphertext from.
class tls_source {
 public:
  /// As recv() of a non-blocking socket.
  virtual ssize_t receive_ciphertext(std::span<char> room) noexcept = 0;

 protected:
  ~tls_source() = default;
};

/// What a client wants of a connection.
struct tls_peer {
  std::string host;         ///< whose certificate is expected; SNI, unless it is an address in numbers
  bool verify = true;       ///< refuse bad certificates
  std::string alpn;         ///< as on the wire; "" for the context's
  std::string session_key;  ///< under which its sessions are kept; "" for none
};

/// How an engine has failed: what the text of a tls_error says behind "TLS with example.org:443: ".
struct tls_failure {
  tls_errc code;
  std::string text;
  std::string reasons;
};

/// One side of a TLS connection, without the connection: turns what a source gives into plaintext, and plaintext into
/// output() that somebody else sends. Stays in one place.
class tls_engine {
 public:
  enum class progress : unsigned char {
    done,
    wants_input,  ///< the source has no more now
    ended,        ///< the peer has said that it will send no more (close_notify)
    failed        ///< for good: see failure() and input_error()
  };

  tls_engine(std::shared_ptr<tls_context_state> context, std::shared_ptr<const tls_setup> setup, tls_peer peer,
             tls_source& source);
  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;
  ~tls_engine();

  progress handshake() noexcept;
  bool is_server() const noexcept { return setup_->is_server(); }
  bool handshake_done() const noexcept { return handshake_done_; }

  /// Fills `room` with plaintext as far as there is any. `got` may be more than 0 with any result but done, which means
  /// that `room` is full.
  progress decrypt(std::span<char> room, std::size_t& got) noexcept;
  /// Encrypts all of it. wants_input: the other side is in the middle of a message that has to come first.
  progress encrypt(std::string_view plaintext) noexcept;
  /// Says that nothing more will be sent. Harmless when repeated.
  progress end_sending() noexcept;
  bool sending_ended() const noexcept { return sending_ended_; }
  /// Looks whether the peer has sent an alert, without taking any plaintext.
  void look_for_alert() noexcept;
  /// Changes the keys of this direction, and of the other one too if the peer is asked to (RFC 8446, section 4.6.3).
  progress update_keys(bool both) noexcept;

  /// Plaintext was sent since the handshake.
  bool has_sent() const noexcept { return sent_; }
  /// Something has come since the handshake; under TLS 1.2 nothing has to.
  bool has_heard() const noexcept { return heard_ || SSL_version(ssl_.get()) != TLS1_3_VERSION; }

  /// Ciphertext, plaintext or parts of records have been taken from the source and not been given yet.
  bool has_pending() const noexcept { return SSL_has_pending(ssl_.get()) == 1; }
  /// A message of the handshake is under way; encrypt() may read.
  bool in_handshake() const noexcept { return SSL_in_init(ssl_.get()) == 1; }

  tls_output& output() noexcept { return output_; }
  const tls_output& output() const noexcept { return output_; }

  /// Why it failed; null if it did not, or if the source did.
  const tls_failure* failure() const noexcept { return failure_ ? &*failure_ : nullptr; }
  /// errno of the source's failure; 0 if there was none.
  int input_error() const noexcept { return input_error_; }

  SSL* ssl() const noexcept { return ssl_.get(); }
  const tls_peer& peer() const noexcept { return peer_; }

  // OpenSSL's callbacks.
  static int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept;
  static int on_certificate(int good, X509_STORE_CTX* checked) noexcept;

 private:
  struct bio_functions;
  void prepare_client();
  bool failed() const noexcept { return failure_ || input_error_ != 0; }
  progress outcome(int result) noexcept;
  void fail() noexcept;
  progress give_up() noexcept;
  tls_failure explain() const;
  tls_failure explain_alert(int alert) const;
  tls_failure explain_certificate() const;
  tls_failure explain_end() const;
  tls_failure explain_not_tls() const;
  int refuse_certificate(X509_STORE_CTX& checked);

  std::shared_ptr<tls_context_state> context_;
  std::shared_ptr<const tls_setup> setup_;
  openssl_ptr<SSL> ssl_;
  tls_peer peer_;
  tls_source* source_;
  tls_output output_;
  std::optional<tls_failure> failure_;
  std::optional<tls_failure> bad_certificate_;
  int input_error_ = 0;
  bool input_ended_ = false;
  bool input_dry_ = false;  ///< the source had no more the last time
  bool handshake_done_ = false;
  bool sending_ended_ = false;
  bool sent_ = false;
  bool heard_ = false;
  std::array<char, 8> first_bytes_{};  // of the peer's
  std::size_t first_size_ = 0;
};

}  // namespace weft::detail
