#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/http/prepared_message.hpp>
#include <weft/http/websocket_error.hpp>
#include <weft/http/websocket_message.hpp>
#include <weft/http/websocket_options.hpp>
#include <weft/net/byte_stream.hpp>

namespace weft::http {

class message_writer;

namespace detail {

class websocket_core;
class websocket_session;
enum class message_kind : std::uint8_t { text, binary };

/// Sends a message: at once if there is room for it.
class websocket_send {
 public:
  websocket_send(websocket_core* core, message_kind kind, std::string_view bytes) noexcept
      : core_{core}, bytes_{bytes}, kind_{kind} {}
  websocket_send(websocket_core* core, const prepared_frames* message) noexcept : core_{core}, prepared_{message} {}

  bool await_ready() { return try_now(); }
  template <weft::detail::weft_promise P>
  auto await_suspend(std::coroutine_handle<P> waiting) {
    later_.emplace(wait_for_room().operator co_await());
    return later_->await_suspend(waiting);
  }
  void await_resume() {
    if (later_) later_->await_resume();
  }

 private:
  bool try_now();
  task<> wait_for_room();

  websocket_core* core_;
  const prepared_frames* prepared_ = nullptr;  // if not null, what is sent
  std::string_view bytes_;
  message_kind kind_ = message_kind::text;
  std::optional<decltype(std::declval<task<>>().operator co_await())> later_;
};

using send_operation = weft::detail::in_place<websocket_send, websocket_core*, message_kind, std::string_view>;
using prepared_send_operation = weft::detail::in_place<websocket_send, websocket_core*, const prepared_frames*>;

}  // namespace detail

/// A WebSocket, either end of it: messages in both directions over one connection. RFC 6455; permessage-deflate, RFC
/// 7692.
///
///     while (std::optional<weft::http::message> m = co_await ws.receive()) {
///       co_await ws.send("you said: " + std::string(m->text()));
///     }
///
/// From websocket_connection (a client's) and accept_websocket (a server's). Belongs to one loop and must outlive what
/// is awaited on it. One task may receive while others send. Pings are answered while receive() is awaited.
///
/// When it is of no more use, its operations throw websocket_error; the peer that broke the protocol has been told by
/// then.
class websocket {
 public:
  /// Over a connection on which the opening handshake is done. What compression and sub-protocol the handshake had
  /// agreed upon is not known here: there are none.
  websocket(byte_stream stream, websocket_role role, const websocket_options& options = {});
  websocket(websocket&& other) noexcept;
  websocket& operator=(websocket&& other) noexcept;
  /// Cuts the connection, without a closing handshake if there was none.
  ~websocket();

  // ---- receiving ----

  /// Waits for the next message; nullopt once the peer has closed, and ever after: see close_code(). A stop loses
  /// nothing: what had come of a message is kept.
  [[nodiscard]] task<std::optional<message>> receive();
  /// The next piece of a message, as it comes, however large the message is; nullopt as receive() has it. Pieces hold
  /// max_message bytes at most, or 16 KiB of a compressed one. Do not change over to receive() before the last piece.
  [[nodiscard]] task<std::optional<message_piece>> receive_piece();

  // ---- sending: whole messages, in the order in which they were given, whichever tasks give them ----

  /// Sends a text. It is on its way when this returns: what one turn of the loop sends goes out together, at its end.
  /// Waits for room while more than websocket_options::send_buffer bytes have not been taken by the kernel. `text` must
  /// live until then.
  ///
  /// A stop that comes while it waits for its turn leaves the message out; one in the middle of a large message breaks
  /// the connection. Throws std::invalid_argument for what is not UTF-8, websocket_error if the connection is closed.
  [[nodiscard]] detail::send_operation send(std::string_view text WEFT_LIFETIMEBOUND) {
    return detail::send_operation{core(), detail::message_kind::text, text};
  }
  [[nodiscard]] detail::send_operation send(const char* text WEFT_LIFETIMEBOUND) {
    return send(std::string_view{text});
  }
  /// A string that the operation keeps.
  template <class String>
    requires std::same_as<String, std::string>
  [[nodiscard]] task<> send(String&& text) {
    return send_owned(*this, std::forward<String>(text));
  }
  /// A message as it came, text or binary.
  [[nodiscard]] detail::send_operation send(const message& as_it_came WEFT_LIFETIMEBOUND) {
    return detail::send_operation{
        core(), as_it_came.is_text() ? detail::message_kind::text : detail::message_kind::binary, as_it_came.bytes()};
  }
  /// A message that others are sent too.
  [[nodiscard]] detail::prepared_send_operation send(const prepared_message& message WEFT_LIFETIMEBOUND) {
    return detail::prepared_send_operation{core(), &message.frames()};
  }
  /// Sends a binary message; otherwise as send().
  [[nodiscard]] detail::send_operation send_bytes(std::string_view bytes WEFT_LIFETIMEBOUND) {
    return detail::send_operation{core(), detail::message_kind::binary, bytes};
  }
  [[nodiscard]] detail::send_operation send_bytes(std::span<const std::byte> bytes WEFT_LIFETIMEBOUND) {
    return send_bytes(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  /// Begins a message that is sent in pieces; others wait until it is finished.
  [[nodiscard]] task<message_writer> begin_text();
  [[nodiscard]] task<message_writer> begin_bytes();
  /// Waits until the kernel has taken all that was sent.
  [[nodiscard]] task<> flush();

  // ---- the connection ----

  /// Asks the peer for a sign of life, and gives how long it took. Somebody must be in receive() meanwhile. Throws
  /// websocket_error if the connection ends before.
  [[nodiscard]] task<std::chrono::nanoseconds> ping();

  /// The closing handshake: tells the peer, waits for its answer, and closes the connection; messages that come before
  /// the answer are dropped, unless another task is in receive(). Takes websocket_options::close_timeout at the most.
  /// Harmless when repeated. Throws std::invalid_argument for a code that must not be sent, and a reason of more than
  /// 123 bytes or that is not UTF-8. A stop leaves at once.
  [[nodiscard]] task<> close(websocket_code code = websocket_code::normal, std::string reason = {});

  /// Neither end has closed, and the connection is not known to be lost.
  [[nodiscard]] bool is_open() const noexcept;
  /// What the peer gave as the code and the reason of its closing; no_status if it gave none, abnormal as long as it
  /// has not closed.
  [[nodiscard]] websocket_code close_code() const noexcept;
  [[nodiscard]] std::string_view close_reason() const noexcept;
  /// What was agreed upon; empty for none.
  [[nodiscard]] std::string_view subprotocol() const noexcept;
  /// Messages may be compressed.
  [[nodiscard]] bool compressed() const noexcept;
  /// Who is at the other end, as errors name it.
  [[nodiscard]] std::string peer_name() const;

  /// For the library's own use.
  explicit websocket(std::shared_ptr<detail::websocket_core> core) noexcept;
  [[nodiscard]] const std::shared_ptr<detail::websocket_core>& shared_core() const noexcept { return core_; }

 private:
  friend class detail::websocket_session;
  detail::websocket_core* core() const;
  static task<> send_owned(websocket& self, std::string text);

  std::shared_ptr<detail::websocket_core> core_;
};

}  // namespace weft::http
