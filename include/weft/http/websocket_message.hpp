#pragma once

#include <string_view>
#include <utility>
#include <weft/http/detail/pooled_bytes.hpp>

namespace weft::http {

/// A message that came over a WebSocket. It owns its bytes: views of them live as long as it does. Move-only.
class message {
 public:
  /// An empty text.
  message() noexcept = default;

  [[nodiscard]] bool is_text() const noexcept { return text_; }
  [[nodiscard]] bool is_binary() const noexcept { return !text_; }

  /// What it says: valid UTF-8 if it is_text(); of a binary message the bytes, whatever they are.
  [[nodiscard]] std::string_view text() const noexcept { return bytes_.view(); }
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_.view(); }

  /// For the library's own use.
  message(detail::pooled_bytes bytes, bool text) noexcept : bytes_{std::move(bytes)}, text_{text} {}

 private:
  detail::pooled_bytes bytes_;
  bool text_ = true;
};

/// A part of a message, as websocket::receive_piece() gives it.
struct message_piece {
  message part;       ///< as a message; the pieces of a text may cut characters in two
  bool last = false;  ///< the message ends with it
};

}  // namespace weft::http
