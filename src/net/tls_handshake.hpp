#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <weft/net/tls_stream.hpp>

#include "net/stream_core.hpp"

namespace weft::detail {

/// Makes a TLS server's stream of a connection: the handshake, for at most `limit` if that is more than 0.
task<tls_stream> accept_tls(std::unique_ptr<stream_core> below, tls_context context, std::chrono::nanoseconds limit);

/// "example.org:443", "[::1]:443".
std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace weft::detail
