#pragma once

#include <stdexcept>
#include <string>

namespace weft::http {

/// The peer sent what HTTP does not allow, or more than the limits allow. Nothing more can be read from that
/// connection.
///
/// what() begins with what was wrong and where it stood: `whitespace before the colon in header line 3: "Host : a"`.
class protocol_error : public std::runtime_error {
 public:
  /// @param what   what was wrong and where.
  /// @param status see status().
  explicit protocol_error(const std::string& what, int status = 400) : std::runtime_error{what}, status_{status} {}

  /// The status with which a server answers a request that it refuses for this reason (400, 431, 501, ...).
  /// Says nothing if what was refused is a response.
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace weft::http
