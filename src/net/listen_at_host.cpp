#include "net/listen_at_host.hpp"

#include <exception>
#include <system_error>
#include <weft/net/resolve.hpp>

namespace weft::detail {

task<std::vector<tcp_listener>> listen_at_host(std::string host, std::uint16_t port, listen_options options) {
  std::vector<endpoint> addresses;
  if (host.empty()) {
    addresses = {*endpoint::parse("0.0.0.0", port), *endpoint::parse("::", port)};
  } else {
    addresses = co_await resolve(host, port);
  }
  std::vector<tcp_listener> listeners;
  std::exception_ptr missing;
  for (const endpoint& address : addresses) {
    const std::uint16_t at = listeners.empty() ? port : listeners.front().local_address().port();
    try {
      listeners.emplace_back(*endpoint::parse(address.address(), at), options);
    } catch (const std::system_error& e) {
      // A machine without IPv6 serves what it has.
      if (e.code() != std::errc::address_family_not_supported && e.code() != std::errc::address_not_available) throw;
      missing = std::current_exception();
    }
  }
  if (listeners.empty()) std::rethrow_exception(missing);
  co_return listeners;
}

}  // namespace weft::detail
