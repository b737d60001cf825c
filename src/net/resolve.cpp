#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <weft/core/shield.hpp>
#include <weft/net/resolve.hpp>
#include <weft/net/stream_errors.hpp>

#include "net/numeric_address.hpp"
#include "net/resolver.hpp"
#include "net/socket_address.hpp"

namespace weft {

namespace {

std::vector<endpoint> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  errno = 0;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const int system_error = errno;
  if (failure == EAI_SYSTEM) throw std::system_error{system_error, std::generic_category(), "resolve " + host};
  if (failure != 0) throw std::system_error{failure, resolve_category(), "resolve " + host};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, &::freeaddrinfo};

  std::vector<endpoint> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    sockaddr_storage address{};
    std::copy_n(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen, reinterpret_cast<char*>(&address));
    const endpoint e = endpoint_access::from(address);
    if (std::find(addresses.begin(), addresses.end(), e) == addresses.end()) addresses.push_back(e);
  }
  if (addresses.empty()) throw std::system_error{EAI_NONAME, resolve_category(), "resolve " + host};
  return addresses;
}

}  // namespace

constinit detail::look_up_function detail::look_up_name = &ask_system;

std::optional<endpoint> numeric_address(std::string_view host, std::uint16_t port) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return endpoint::parse(host, port);
}

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port, resolve_options options) {
  if (const auto numeric = numeric_address(host, port)) co_return std::vector<endpoint>{*numeric};
  if (host.empty() || host.find('\0') != std::string::npos) {
    throw std::system_error{EAI_NONAME, resolve_category(), "resolve " + host};
  }
  detail::resolver& names = detail::resolver::of_this_loop();
  const detail::resolver::asker here{names, names.find_or_begin(host, options.use_cache)};
  std::vector<endpoint> addresses = co_await shield(here.answer());
  for (endpoint& e : addresses) e = endpoint_access::with_port(e, port);
  co_return addresses;
}

void clear_resolve_cache() { detail::resolver::of_this_loop().clear(); }

}  // namespace weft
