#pragma once

#include <optional>
#include <string_view>
#include <weft/net/endpoint.hpp>

namespace weft::detail {

/// The IP addresses of one version that begin with the same bits; perhaps only one. IPv4 addresses in IPv6 clothes
/// (::ffff:1.2.3.4) are IPv4 addresses.
class ip_network {
 public:
  /// Of "10.0.0.0/8", "fe80::/10", "192.0.2.1", "::1"; nullopt if it is none.
  static std::optional<ip_network> parse(std::string_view text);

  [[nodiscard]] bool contains(const endpoint& address) const noexcept;

 private:
  endpoint prefix_;
  unsigned bits_ = 32;
};

}  // namespace weft::detail
