#pragma once

#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/headers.hpp>

namespace weft::http {

/// Where a body goes that is made while it is sent: of a request (request::body_from) or of a response.
class body_writer {
 public:
  body_writer(const body_writer&) = delete;
  body_writer& operator=(const body_writer&) = delete;

  /// Sends the next bytes; done when the system has taken them, so that a slow reader makes its writer wait. `bytes`
  /// must live until then. Many small pieces are better sent as one.
  /// @throws std::logic_error for more bytes than were announced; std::system_error if the connection fails,
  /// timeout_error if the peer takes nothing for too long. A stop in the middle breaks the connection off.
  [[nodiscard]] virtual task<> write(std::string_view bytes) = 0;

  /// Adds a header field that goes after the body (RFC 9110, section 6.5), where its length was not announced.
  /// @throws std::logic_error if it was; std::invalid_argument for a field that cannot be sent.
  virtual void trailer(std::string_view name, std::string_view value) = 0;

 protected:
  body_writer() = default;
  ~body_writer() = default;
};

}  // namespace weft::http
