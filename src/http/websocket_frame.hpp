#pragma once

// A frame's header, as it is written. RFC 6455, section 5.2.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/http/detail/pooled_bytes.hpp>
#include <weft/http/websocket_error.hpp>

#include "http/websocket_mask.hpp"

namespace weft::http::detail {

enum class websocket_opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(websocket_opcode opcode) noexcept { return opcode >= websocket_opcode::close; }

inline constexpr std::size_t most_frame_header = 14;
inline constexpr std::size_t most_control_payload = 125;
inline constexpr std::size_t most_close_reason = most_control_payload - 2;

struct websocket_frame {
  websocket_opcode opcode = websocket_opcode::continuation;
  bool last = true;         ///< of its message
  bool compressed = false;  ///< RSV1 of the first frame of a message, RFC 7692
  std::optional<websocket_mask> mask = {};
};

/// Writes the header of a frame whose payload has `size` bytes. @return how long it is; `to` has room for
/// most_frame_header bytes.
std::size_t write_frame_header(char* to, const websocket_frame& frame, std::uint64_t size) noexcept;

/// Appends a whole frame, masked if the frame says so.
void write_frame(pooled_bytes& out, const websocket_frame& frame, std::string_view payload);

/// True for the codes that may stand in a close frame. RFC 6455, section 7.4, and IANA's registry.
constexpr bool may_be_sent(websocket_code code) noexcept {
  const auto number = static_cast<std::uint16_t>(code);
  return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014) || (number >= 3000 && number <= 4999);
}

/// Bytes that no one can foresee, as masks must be. RFC 6455, section 10.3. Throws std::runtime_error if the system has
/// none.
websocket_mask random_mask();

}  // namespace weft::http::detail
