#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/timeout.hpp>

#include "http/utf8_validator.hpp"
#include "http/websocket_core.hpp"

namespace weft::http::detail {

using std::chrono::nanoseconds;

/// close() reads, and who receives waits.
class websocket_core::closing_turn {
 public:
  explicit closing_turn(websocket_core& core) noexcept : core_{&core} { core.closing_ = true; }
  closing_turn(const closing_turn&) = delete;
  closing_turn& operator=(const closing_turn&) = delete;
  ~closing_turn() {
    core_->closing_ = false;
    core_->pulse();
  }

 private:
  websocket_core* core_;
};

task<> websocket_core::discard_until_closed() {
  while (!closed_ && !error_) {
    if (receiving_) {
      co_await changed_.wait();
      continue;
    }
    try {
      co_await receive_as<message_piece>();
    } catch (const websocket_error&) {  // NOLINT(bugprone-empty-catch): that is an end too
    }
  }
}

void websocket_core::send_going_away() {
  if (!is_open()) return;
  append_close(websocket_code::going_away, {});
  start_flush();
}

task<> websocket_core::close(websocket_code code, std::string reason) {
  if (!may_be_sent(code)) throw std::invalid_argument{"this code must not be sent"};
  if (reason.size() > most_close_reason || !is_utf8(reason)) {
    throw std::invalid_argument{"the reason of a closing is UTF-8 of 123 bytes at the most"};
  }
  if (is_open()) append_close(code, reason);
  start_flush();
  co_await move_on_after(settings_->close_timeout, finish());
  stream_.close();
  lost(closed_ ? close_code_ : websocket_code::abnormal, "the WebSocket is closed");
}

/// The rest of the closing handshake.
task<> websocket_core::finish() {
  const closing_turn reads{*this};
  co_await discard_until_closed();
  while (stream_.is_open() && (writing_ || !out_.empty())) {
    start_flush();
    if (writing_) co_await changed_.wait();
  }
  // The server ends the connection first, so that it is not the client's address that is kept busy (RFC 6455, section
  // 7.1.1). Who is told of an error must not lose that to a reset.
  const bool peer_ends_it = role_ == websocket_role::client || told_;
  if (!peer_ends_it || !stream_.is_open() || receiving_) co_return;
  try {
    if (told_) stream_.shutdown_write();
    for (;;) {
      const std::string_view more = co_await stream_.fill();
      if (more.empty()) break;
      stream_.consume(more.size());
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): that is an end too
  }
}

task<> websocket_core::end(const exit_reason& how) {
  const websocket_code code = how.ok()        ? websocket_code::normal
                              : how.stopped() ? websocket_code::going_away
                                              : websocket_code::internal_error;
  if (is_open() && !turn_.locked()) append_close(code, {});
  start_flush();
  constexpr nanoseconds most_patience = std::chrono::seconds{2};  // with a peer that has broken the protocol
  const nanoseconds limit = told_ ? std::min(settings_->close_timeout, most_patience) : settings_->close_timeout;
  if (close_sent_) co_await move_on_after(limit, finish());
  drop();
}

}  // namespace weft::http::detail
