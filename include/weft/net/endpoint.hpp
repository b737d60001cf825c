#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// An IP address and a port. A small value.
class endpoint {
 public:
  /// 0.0.0.0, port 0.
  endpoint() noexcept = default;

  /// The endpoint of an address in numbers ("127.0.0.1", "::1", "fe80::1%eth0", without brackets); nullopt if it is
  /// none.
  static std::optional<endpoint> parse(std::string_view address, std::uint16_t port);

  /// The address without the port: "127.0.0.1", "::1".
  std::string address() const;
  std::uint16_t port() const noexcept { return port_; }
  bool is_v6() const noexcept { return v6_; }
  /// "127.0.0.1:80", "[::1]:80".
  std::string to_string() const;

  friend bool operator==(const endpoint&, const endpoint&) noexcept = default;
  friend auto operator<=>(const endpoint&, const endpoint&) noexcept = default;

 private:
  friend class endpoint_access;
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address: the first four
  std::uint32_t scope_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace weft
