#pragma once

#include <cstdint>
#include <string>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/net/tcp_listener.hpp>

namespace weft::detail {

/// Listens at all addresses of a host, or of this machine for "", with one port for all. Throws std::system_error that
/// names the address, or with a code of resolve_category().
task<std::vector<tcp_listener>> listen_at_host(std::string host, std::uint16_t port, listen_options options);

}  // namespace weft::detail
