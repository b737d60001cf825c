#pragma once

#include <chrono>
#include <string_view>
#include <type_traits>
#include <weft/net/open_connection.hpp>
#include <weft/net/tls_context.hpp>

namespace weft {

/// How a client speaks TLS. What is set here is for this connection; what many connections share, and keep in memory,
/// is better set in a tls_context.
struct tls_options {
  /// Whose certificate is expected, and whom to ask the server for (SNI): the host that is connected to, if "".
  std::string_view server_name = {};
  /// Refuse a server whose certificate is bad or for another host. Without this, anybody can be in between.
  bool verify = true;
  /// Application protocols (ALPN), those preferred first, separated by commas: "h2,http/1.1".
  std::string_view alpn = {};
  /// The authorities to trust (PEM), instead of the system's.
  std::string_view ca_file = {};
  /// A directory of authorities named by their hashes, as `openssl rehash` makes it.
  std::string_view ca_path = {};
  /// A certificate of this side (PEM), with those above it, and its key if that is not in the same file.
  std::string_view certificate_file = {};
  std::string_view key_file = {};
  /// Revocation lists (PEM); see tls_context::revocation_file.
  std::string_view crl_file = {};
  tls_version min_version = tls_version::tls1_2;
  /// Resume an earlier session with this server where it allows that, and keep those that it offers.
  bool resume = true;
  /// A client's context, instead of files and min_version here. It may end before the connection does.
  const tls_context* context = nullptr;
  /// How long the handshake may take; zero: as long as it likes.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds{30};
  /// How to connect; connect.timeout is for the handshake too.
  connect_options connect = {};
};
static_assert(std::is_trivially_destructible_v<tls_options>);

}  // namespace weft
