#include <weft/net/tls_stream.hpp>

#include <stdexcept>

#include "net/tcp_core.hpp"
#include "net/tls_certificates.hpp"
#include "net/tls_core.hpp"

namespace weft {

namespace detail {

namespace {

tls_core& tls_core_of(const byte_stream& stream) {
  auto* const core = dynamic_cast<tls_core*>(&stream_access::core(stream));
  if (core == nullptr) throw std::logic_error{"another kind of stream was assigned to a tls_stream"};
  return *core;
}

SSL* ssl_of(const byte_stream& stream) { return tls_core_of(stream).engine().ssl(); }

/// The connection at the bottom, also if there is TLS in TLS.
const tcp_core& tcp_core_below(const byte_stream& stream) {
  const stream_core* core = &tls_core_of(stream).below();
  while (const auto* const tls = dynamic_cast<const tls_core*>(core)) core = &tls->below();
  const auto* const tcp = dynamic_cast<const tcp_core*>(core);
  if (tcp == nullptr) throw std::logic_error{"this TLS connection has no address: it is not over TCP"};
  return *tcp;
}

}  // namespace
}  // namespace detail

tls_version tls_stream::version() const {
  return SSL_version(detail::ssl_of(*this)) == TLS1_3_VERSION ? tls_version::tls1_3 : tls_version::tls1_2;
}

std::string tls_stream::cipher() const { return SSL_get_cipher_name(detail::ssl_of(*this)); }

std::string tls_stream::alpn_protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(detail::ssl_of(*this), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string tls_stream::server_name() const {
  const char* const name = SSL_get_servername(detail::ssl_of(*this), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::optional<tls_certificate> tls_stream::peer_certificate() const {
  const X509* const certificate = SSL_get0_peer_certificate(detail::ssl_of(*this));
  if (certificate == nullptr) return std::nullopt;
  return detail::describe_certificate(*certificate);
}

bool tls_stream::resumed() const { return SSL_session_reused(detail::ssl_of(*this)) == 1; }

void tls_stream::renew_keys() { detail::tls_core_of(*this).renew_keys(); }

endpoint tls_stream::local_address() const { return detail::tcp_core_below(*this).local(); }
endpoint tls_stream::remote_address() const { return detail::tcp_core_below(*this).remote; }

}  // namespace weft
