#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace weft::http {

/// Which end of a WebSocket one is. Clients mask what they send, servers do not.
enum class websocket_role : std::uint8_t { client, server };

/// How a WebSocket works, at either end.
struct websocket_options {
  /// The largest message that is taken, in bytes, decompressed. The peer of a larger one is told message_too_big.
  std::size_t max_message = std::size_t{4} << 20;
  /// The largest frame that is taken, in bytes as it comes; 0: as large as a message.
  std::size_t max_frame = 0;
  /// How many bytes of messages may wait to be sent before send() waits for room.
  std::size_t send_buffer = std::size_t{64} << 10;

  /// How often the peer is asked whether it is still there (ping, RFC 6455, section 5.5.2); 0 or less: never.
  std::chrono::nanoseconds ping_interval = std::chrono::seconds{20};
  /// How long it may take to show a sign of life then. After that the connection is given up. While receive() is not
  /// awaited nobody hears the peer; then it is given up if it takes nothing of what is being sent to it.
  std::chrono::nanoseconds ping_timeout = std::chrono::seconds{20};
  /// How long the closing handshake may take; the connection is cut after that.
  std::chrono::nanoseconds close_timeout = std::chrono::seconds{10};

  /// Compress messages if the peer agrees (permessage-deflate, RFC 7692). That takes about 300 KiB for each connection
  /// that carries messages, and more time than small messages are worth.
  bool compression = false;
  /// Messages may refer to those before them, which makes them smaller. Without, the memory is taken all the same.
  bool keep_compression_context = true;
  /// How far back references may reach, 9 to 15: a window of 2^n bytes at either end.
  int compression_window_bits = 15;
  /// Messages shorter than this are sent as they are.
  std::size_t compression_threshold = 128;

  /// Sub-protocols in the order in which they are preferred, separated by commas: a client offers them, a server takes
  /// the first of its own that was offered. RFC 6455, section 1.9.
  std::string_view subprotocols = {};
  /// Of a client: the value of its Origin field. Of a server: the origins whose pages may connect, separated by commas
  /// ("https://example.org"), or "*" for all. Empty: a client sends none; a server takes pages of its own host only.
  /// What is no browser sends no origin, and is always let in. RFC 6455, section 10.2.
  std::string_view origin = {};
  /// How long a client takes for all that is needed until the WebSocket is open, redirects excepted: there are none.
  std::chrono::nanoseconds open_timeout = std::chrono::seconds{10};
};
static_assert(std::is_trivially_destructible_v<websocket_options>);

}  // namespace weft::http
