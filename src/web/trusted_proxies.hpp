#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <weft/http/server_request.hpp>
#include <weft/net/detail/ip_network.hpp>
#include <weft/web/caller.hpp>

namespace weft::web::detail {

/// Whom an app believes what they say of clients: X-Forwarded-For, -Proto and -Host.
class trusted_proxies {
 public:
  /// @param list addresses and networks, separated by commas: "10.0.0.0/8, ::1". Throws std::invalid_argument.
  explicit trusted_proxies(std::string_view list);

  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  std::vector<weft::detail::ip_network> networks_;
};

/// @param trusted null for nobody.
caller caller_of(const http::server_request& request, const trusted_proxies* trusted);

/// What counts as one client: an address, or of version 6 the network that a client has to itself (/64).
std::string client_key(const caller& who);

}  // namespace weft::web::detail
