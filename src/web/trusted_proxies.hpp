#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/server_request.hpp>
#include <weft/web/caller.hpp>

namespace weft::web::detail {

/// An address of either version; those of version 4 as version 6 has them (::ffff:1.2.3.4).
using address_bytes = std::array<std::uint8_t, 16>;

/// Of an address in numbers, without brackets and without a zone.
std::optional<address_bytes> parse_address(std::string_view text);

/// Whom an app believes what they say of clients: X-Forwarded-For, -Proto and -Host.
class trusted_proxies {
 public:
  /// @param list addresses and networks, separated by commas: "10.0.0.0/8, ::1". Throws std::invalid_argument.
  explicit trusted_proxies(std::string_view list);

  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  struct network {
    address_bytes prefix;
    unsigned bits;
  };
  std::vector<network> networks_;
};

/// @param trusted null for nobody.
caller caller_of(const http::server_request& request, const trusted_proxies* trusted);

/// What counts as one client: an address, or of version 6 the network that a client has to itself (/64).
std::string client_key(const caller& who);

}  // namespace weft::web::detail
