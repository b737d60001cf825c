#pragma once

#include <memory>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/websocket.hpp>

namespace weft::http {

/// A message that is sent in pieces: each is a frame of it. RFC 6455, section 5.4. From websocket::begin_text() and
/// begin_bytes().
///
///     weft::http::message_writer out = co_await ws.begin_text();
///     for (...) co_await out.write(line);
///     co_await out.finish();
///
/// Nobody else's message is sent before it is finished. If it is destroyed unfinished the connection breaks, since
/// there is no way to take a half message back. Move-only.
class message_writer {
 public:
  message_writer(message_writer&& other) noexcept;
  message_writer& operator=(message_writer&&) = delete;
  ~message_writer();

  /// Sends a piece; a text may be cut within characters. `piece` must live until this is done. Waits and throws as
  /// websocket::send() does; std::logic_error after finish(). After a stop or an error the connection is broken.
  [[nodiscard]] task<> write(std::string_view piece);
  /// Sends the last piece. Throws as write() does, and std::invalid_argument for a text that ends within a character.
  [[nodiscard]] task<> finish(std::string_view last = {});

  /// For the library's own use.
  struct state;
  explicit message_writer(std::unique_ptr<state> begun) noexcept;

 private:
  std::unique_ptr<state> state_;
};

}  // namespace weft::http
