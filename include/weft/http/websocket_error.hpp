#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/http/detail/plain_answer.hpp>
#include <weft/http/headers.hpp>

namespace weft::http {

/// Why a WebSocket was closed. RFC 6455, section 7.4.1; any number from 3000 to 4999 may stand here as well, for what
/// libraries and programs agree upon.
enum class websocket_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,        ///< the server goes down, or the user has left the page
  protocol_error = 1002,    ///< the peer did what RFC 6455 does not allow
  unsupported_data = 1003,  ///< a kind of message that is not understood here
  no_status = 1005,         ///< the peer gave no reason; never sent
  abnormal = 1006,          ///< the connection was lost without a closing handshake; never sent
  invalid_data = 1007,      ///< text that is not UTF-8, or data that cannot be decompressed
  policy_violation = 1008,
  message_too_big = 1009,
  extension_missing = 1010,  ///< the server did not agree to an extension that the client needs
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
};

/// A WebSocket is of no more use: the peer broke the protocol or a limit, or the connection was lost. What the peer did
/// wrong was told to it with the code. The closing handshake is no error: receive() gives nullopt.
class websocket_error : public error {
 public:
  websocket_error(websocket_code code, const std::string& what) : error{what}, code_{code} {}

  /// The code that stands for it: what the peer was told, or websocket_code::abnormal.
  [[nodiscard]] websocket_code code() const noexcept { return code_; }

 private:
  websocket_code code_;
};

/// A server refused to open a WebSocket, or did not do it as RFC 6455 demands (section 4.1). Its answer can be asked
/// for with status() (101 if only its head was not what it should have been), headers(), and body(): what the server
/// has to say about it, a few KiB at most.
class websocket_refused : public websocket_error, public detail::plain_answer {
 public:
  websocket_refused(const std::string& what, int status, http::headers headers, std::string body)
      : websocket_error{websocket_code::abnormal, what}, plain_answer{status, std::move(headers), std::move(body)} {}
};

}  // namespace weft::http
