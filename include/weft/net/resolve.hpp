#pragma once

#include <cstdint>
#include <string>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/net/endpoint.hpp>

namespace weft {

/// The addresses of a host, in the order in which the system prefers them, with that port; at least one. Asks
/// getaddrinfo on a thread of the loop's pool; an address in numbers (also in brackets) is answered at once.
/// loop.getaddrinfo.
///
/// Throws std::system_error with a code of resolve_category(). A stop leaves at once; the thread goes on until the
/// system has an answer.
[[nodiscard]] task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

}  // namespace weft
