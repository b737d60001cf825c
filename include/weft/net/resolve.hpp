#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/net/endpoint.hpp>

namespace weft {

/// How a name is looked up.
struct resolve_options {
  /// An answer that is up to 5 seconds old will do. Without this the system is asked, unless it is being asked already,
  /// and what it says replaces the older answer.
  bool use_cache = true;
};
static_assert(std::is_trivially_destructible_v<resolve_options>);

/// The addresses of a host, in the order in which the system prefers them, with that port; at least one. Asks
/// getaddrinfo on a thread of the loop's pool; an address in numbers (also in brackets) is answered at once.
/// loop.getaddrinfo.
///
/// Tasks of one loop that ask for the same name at the same time share one look-up. A loop keeps the answers for as
/// many as 1,024 names, and for 5 seconds, since getaddrinfo tells no time to live; it keeps no failures.
///
/// Throws std::system_error with a code of resolve_category(). A stop leaves at once and harms nobody else who asks;
/// if nobody is left, the thread goes on until the system has an answer, which is dropped.
[[nodiscard]] task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port, resolve_options options = {});

/// Forgets the answers that this thread's loop keeps; who asks from now on, for instance because the network has
/// changed, joins no look-up that began before. Throws std::logic_error outside a loop.
void clear_resolve_cache();

}  // namespace weft
