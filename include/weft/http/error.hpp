#pragma once

#include <string>
#include <weft/core/errors.hpp>

namespace weft::http {

/// The peer sent what HTTP does not allow, or more than the limits allow. Nothing more can be read from that
/// connection.
///
/// what() begins with what was wrong and where it stood: `whitespace before the colon in header line 3: "Host : a"`.
class protocol_error : public weft::error {
 public:
  /// @param what   what was wrong and where.
  /// @param status see status().
  explicit protocol_error(const std::string& what, int status = 400) : error{what}, status_{status} {}

  /// The status with which a server answers a request that it refuses for this reason (400, 431, 501, ...).
  /// Says nothing if what was refused is a response.
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

/// The peer has ended the connection before the message was complete. aiohttp.ServerDisconnectedError.
class truncated_error : public protocol_error {
 public:
  using protocol_error::protocol_error;
};

}  // namespace weft::http
