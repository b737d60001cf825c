#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <weft/http/detail/pooled_bytes.hpp>
#include <weft/http/websocket_error.hpp>
#include <weft/http/websocket_options.hpp>

#include "http/utf8_validator.hpp"
#include "http/websocket_deflate.hpp"
#include "http/websocket_frame.hpp"

namespace weft::http::detail {

/// What a websocket_reader found.
struct websocket_event {
  enum class kind : std::uint8_t {
    message,  ///< a whole message, or the last piece of one, is in take()
    piece,    ///< more of a message is in take()
    ping,     ///< its payload is in `payload`
    pong,     ///< its payload is in `payload`
    close     ///< its code is in `code` (no_status if it has none), its reason in `payload`
  };
  kind what;
  websocket_code code = websocket_code::no_status;
  std::string_view payload = {};  ///< valid until the next call
};

struct websocket_limits {
  std::size_t message = std::size_t{4} << 20;
  std::size_t frame = 0;  ///< 0: none of its own
};

/// Reads frames: eats bytes as they come, in pieces of any size, and gives messages and control frames. Knows no
/// socket. RFC 6455, section 5; RFC 7692 where it is given an inflater.
///
/// Takes all of its input, always: what is incomplete it keeps itself. Everything that the peer must not do is refused
/// as soon as the byte that shows it has come, by websocket_error with the code that the peer is to be told; nothing
/// can be read after that.
class websocket_reader {
 public:
  /// @param role of this end: a server wants masked frames, a client unmasked ones.
  websocket_reader(websocket_role role, const websocket_limits& limits) noexcept : role_{role}, limits_{limits} {}

  /// Messages may be compressed from now on.
  void decompress_with(message_inflater inflater) {
    inflater_ = std::make_unique<message_inflater>(std::move(inflater));
  }

  /// The next event in the input, which is taken from its front; nullopt if all of it was taken and more is needed.
  /// @param pieces give a message as it comes, instead of whole; its limit is one for a piece then.
  std::optional<websocket_event> next(std::string_view& input, bool pieces = false);

  /// The message, or the piece of it, of the event before.
  pooled_bytes take() noexcept { return std::move(message_); }
  /// The message of the event before, or the one that is coming in, is text.
  bool is_text() const noexcept { return text_; }

 private:
  enum class state : std::uint8_t { header, payload, failed };

  [[noreturn]] void refuse(websocket_code code, const char* why);
  bool read_header(std::string_view& input);
  std::size_t parse_header(std::string_view bytes);
  void judge_first(unsigned char byte);
  void judge_length(bool minimal);
  void begin_payload();
  void drop_control_payload() noexcept;
  std::string_view control_payload() const noexcept;
  std::size_t most_in_piece() const noexcept;
  std::size_t room_in_piece() const noexcept;
  void take_data(std::string_view bytes);
  void inflate(std::string_view bytes, bool last);
  void check_text(std::size_t from);
  std::optional<websocket_event> end_of_frame();
  websocket_event end_of_control();
  websocket_event end_of_close();

  websocket_role role_;
  state state_ = state::header;
  websocket_opcode opcode_ = websocket_opcode::continuation;
  bool last_ = false;
  bool control_ = false;
  bool holds_control_ = false;  // message_ has the payload of a control frame that is complete
  bool masked_ = false;
  bool inside_message_ = false;  // a frame of it has come, and not the last
  bool compressed_ = false;      // the message
  bool text_ = true;
  bool pieces_ = false;
  std::uint8_t header_size_ = 0;
  std::array<char, most_frame_header> header_;
  websocket_mask mask_{};
  std::uint64_t size_ = 0;  // of the frame's payload
  std::uint64_t got_ = 0;   // of it
  websocket_limits limits_;
  pooled_bytes message_;  // and behind it the payload of a control frame, until the next call
  utf8_validator utf8_;
  std::unique_ptr<message_inflater> inflater_;
};

}  // namespace weft::http::detail
