#pragma once

// What a proxy that passes connections on says of the client, before anything of the client's: haproxy's PROXY
// protocol, versions 1 and 2.

#include <cstddef>
#include <optional>
#include <string_view>
#include <weft/net/endpoint.hpp>

namespace weft::http::detail {

struct proxy_header {
  std::size_t size = 0;            ///< bytes that it takes
  std::optional<endpoint> client;  ///< nothing if the proxy speaks for itself, or of neither IPv4 nor IPv6
};

/// Reads the header at the front of what has come: nullopt if more is needed. Throws protocol_error if there is none,
/// or a malformed one.
std::optional<proxy_header> read_proxy_header(std::string_view input);

}  // namespace weft::http::detail
