#pragma once

#include <chrono>
#include <string_view>
#include <type_traits>

namespace weft {

/// How use_dns_resolver() asks.
struct dns_options {
  /// Addresses in numbers, separated by commas, with ports if they are not 53: "192.0.2.1,[2001:db8::1]:5353". "" for
  /// those in /etc/resolv.conf.
  std::string_view servers = {};
  /// How long a server has for its first answer; each further try gets more.
  std::chrono::milliseconds timeout{2000};
  /// How often each server is asked.
  int tries = 3;
};
static_assert(std::is_trivially_destructible_v<dns_options>);

/// From now on this thread's loop asks DNS servers itself (by c-ares) where it has to look a name up: for resolve() and
/// all that connects. That is for names in bulk, a crawler's for instance: hundreds of questions are on their way at
/// the same time, and none takes a thread, as getaddrinfo does. /etc/hosts and the search list of /etc/resolv.conf are
/// honoured, but not the other sources in /etc/nsswitch.conf.
///
/// What is kept stays good; look-ups that have begun end as they began. Not for the simulated clock. Throws
/// std::invalid_argument for servers that are none, std::system_error, and std::logic_error outside a loop.
void use_dns_resolver(dns_options options = {});

/// From now on this thread's loop asks getaddrinfo again.
void use_system_resolver();

}  // namespace weft
