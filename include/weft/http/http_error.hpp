#pragma once

#include <string>
#include <weft/core/errors.hpp>

namespace weft::http {

/// Leaves a server's handler to answer with a status: `throw http_error{404, "no such user"}`.
///
/// What() goes to the client as the body, in plain text; any other exception that leaves a handler becomes a 500 that
/// says nothing. Reading a request's body throws it too: 413 for more than was allowed, 408 for one that comes too
/// slowly, 400 for one that breaks off or is malformed.
class http_error : public weft::error {
 public:
  /// @param status 400 to 599; anything else is answered as 500.
  explicit http_error(int status, const std::string& what = {}) : error{what}, status_{status} {}

  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace weft::http
