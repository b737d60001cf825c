#pragma once

#include <memory>
#include <string_view>
#include <utility>

namespace weft::http {

namespace detail {
class prepared_frames;
}  // namespace detail

/// A message that is sent to many WebSockets: checked, framed and compressed once, however many they are.
/// websockets.broadcast, PreparedMessage of gorilla/websocket.
///
///     const auto news = weft::http::prepared_message::of_text(report);
///     for (weft::http::websocket* each : readers) co_await each->send(news);
///
/// It is compressed, when the first connection that wants it so asks for it, without reference to what was sent before;
/// a connection that refers to earlier messages can do that only from this one on. Copies share what they hold, and may
/// be used on different threads.
class prepared_message {
 public:
  /// Copies the text. Throws std::invalid_argument for what is not UTF-8.
  [[nodiscard]] static prepared_message of_text(std::string_view text);
  /// A binary message; copies the bytes.
  [[nodiscard]] static prepared_message of_bytes(std::string_view bytes);

  [[nodiscard]] bool is_text() const noexcept;
  /// What it says; good for as long as a copy of this lives.
  [[nodiscard]] std::string_view bytes() const noexcept;

  /// For the library's own use.
  [[nodiscard]] const detail::prepared_frames& frames() const noexcept { return *frames_; }

 private:
  explicit prepared_message(std::shared_ptr<const detail::prepared_frames> frames) noexcept
      : frames_{std::move(frames)} {}
  std::shared_ptr<const detail::prepared_frames> frames_;
};

}  // namespace weft::http
