#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>
#include <weft/net/tcp_stream.hpp>

namespace weft {

/// How open_connection connects.
struct connect_options {
  /// How long resolving and connecting may take together; zero: as long as the system tries.
  std::chrono::nanoseconds timeout{0};
  /// How long an address may take before the next one is tried as well (RFC 8305, section 5).
  std::chrono::nanoseconds attempt_delay = std::chrono::milliseconds{250};
  /// Send small writes at once (TCP_NODELAY).
  bool no_delay = true;
};
static_assert(std::is_trivially_destructible_v<connect_options>);

/// Connects to a host, a name or an address in numbers. asyncio.open_connection.
///
/// A name with several addresses gets them tried in turn, IPv6 and IPv4 alternating; each next one starts when the last
/// one has failed or taken `attempt_delay`, and the first that answers wins (RFC 8305).
/// Throws std::system_error that names the host and the addresses tried, with the code of the first that failed
/// (std::errc::connection_refused, ...) or of resolve_category(); timeout_error. A stop closes what was being opened.
[[nodiscard]] task<tcp_stream> open_connection(std::string host, std::uint16_t port, connect_options options = {});
/// Connects to one of several addresses of the same host, tried in the same way. Throws std::invalid_argument if there
/// are none.
[[nodiscard]] task<tcp_stream> open_connection(std::vector<endpoint> addresses, connect_options options = {});

}  // namespace weft
