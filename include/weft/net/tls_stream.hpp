#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <weft/net/byte_stream.hpp>
#include <weft/net/endpoint.hpp>
#include <weft/net/tcp_stream.hpp>
#include <weft/net/tls_certificate.hpp>
#include <weft/net/tls_context.hpp>
#include <weft/net/tls_error.hpp>
#include <weft/net/tls_options.hpp>

namespace weft {

/// A TLS connection; see byte_stream for reading and writing. RFC 8446, RFC 5246.
///
/// Its errors are tls_error besides those of the connection below. An end of the connection without the peer having
/// said that it was done (close_notify) is tls_errc::truncated, and never looks like the end of the stream.
/// shutdown_write() says so to the peer, and so do close() and the destructor if that goes without waiting; not after a
/// write that was stopped or has failed, so that half a message never looks like a whole one. Where a close would have
/// to wait, for room in the kernel or (a client that has read nothing) so that what it has written is not lost, a task
/// of the loop does that, for up to 12 s, and is cut short when run() ends.
class tls_stream : public byte_stream {
 public:
  /// A closed stream.
  tls_stream() noexcept = default;

  tls_version version() const;
  /// As OpenSSL calls it: "TLS_AES_128_GCM_SHA256".
  std::string cipher() const;
  /// The application protocol that both sides speak (ALPN); "" if none was agreed on.
  std::string alpn_protocol() const;
  /// The host that the client has asked for (SNI); "" if it has not.
  std::string server_name() const;
  /// The peer's certificate; nullopt if it has sent none.
  std::optional<tls_certificate> peer_certificate() const;
  /// The session of an earlier connection was resumed.
  bool resumed() const;

  /// Begins to use new keys for what is sent, and asks the peer to do so too (RFC 8446, section 4.6.3). Happens by
  /// itself every 64 GiB. Nothing under TLS 1.2.
  void renew_keys();

  /// Throw std::logic_error if there is no TCP connection below.
  endpoint local_address() const;
  endpoint remote_address() const;
};

/// Connects to a host and speaks TLS with it. asyncio.open_connection with ssl.
///
///     auto s = co_await weft::open_connection("example.org", 443, weft::tls_options{.alpn = "http/1.1"});
///
/// Certificates are checked: who has issued them, whether they are valid now, and whether they are for `host`. Throws
/// tls_error, what open_connection for TCP throws, and timeout_error. A stop closes what was being opened.
[[nodiscard]] task<tls_stream> open_connection(std::string host, std::uint16_t port, tls_options options);

/// Begins to speak TLS over a connection as its client, as protocols do that begin without (STARTTLS) and proxies want
/// it. Any byte_stream will do, also a tls_stream. What was read ahead from it is taken for TLS, so nobody can slip
/// plaintext in. Throws tls_error, std::system_error, timeout_error; the connection is closed then, and by a stop.
/// asyncio.loop.start_tls.
/// @param host whose certificate is expected.
[[nodiscard]] task<tls_stream> start_tls(byte_stream connection, std::string host, tls_options options = {});

/// The same for a server.
/// @param handshake_timeout zero: as long as the client likes.
[[nodiscard]] task<tls_stream> start_tls(byte_stream connection, tls_context context,
                                         std::chrono::nanoseconds handshake_timeout = std::chrono::seconds{10});

}  // namespace weft
