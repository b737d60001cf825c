#pragma once

// The opening handshake. RFC 6455, section 4.

#include <optional>
#include <string>
#include <string_view>
#include <weft/http/headers.hpp>
#include <weft/http/message.hpp>
#include <weft/http/websocket_options.hpp>

#include "http/websocket_extension.hpp"

namespace weft::http::detail {

/// What a handshake has agreed upon.
struct websocket_agreement {
  std::optional<deflate_agreement> compression;
  std::string subprotocol;
};

/// A value for Sec-WebSocket-Key: 16 random bytes in base64.
std::string new_websocket_key();
/// The Sec-WebSocket-Accept that proves that a server has understood the key.
std::string websocket_accept(std::string_view key);

/// What options say, as it is kept.
struct websocket_offer {
  explicit websocket_offer(const websocket_options& options);
  bool compression;
  deflate_wishes wishes;
  std::string subprotocols;
  std::string origin;
};

/// Adds a client's fields.
void add_websocket_request(headers& to, const websocket_offer& offer, std::string_view key);

/// Reads a server's answer. @param why gets what is wrong with it; nullopt then.
std::optional<websocket_agreement> read_websocket_answer(const response_head& answer, const websocket_offer& offer,
                                                         std::string_view key, std::string& why);

/// What a server answers.
struct websocket_answer {
  int status = 101;
  std::string why;  ///< it refuses
  websocket_agreement agreed;
  headers fields;
};
websocket_answer answer_websocket_request(std::string_view method, http_version version, const headers& fields,
                                          const websocket_offer& offer);

}  // namespace weft::http::detail
