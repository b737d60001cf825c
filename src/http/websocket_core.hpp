#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/with.hpp>
#include <weft/http/websocket.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/lock.hpp>

#include "http/prepared_frames.hpp"
#include "http/websocket_extension.hpp"
#include "http/websocket_reader.hpp"

namespace weft::http::detail {

/// What of the options counts while a WebSocket is open. A server's all have the same: they share it.
struct websocket_settings {
  explicit websocket_settings(const websocket_options& options) noexcept;
  bool operator==(const websocket_settings&) const noexcept = default;

  std::size_t send_buffer;
  std::size_t threshold;
  std::chrono::nanoseconds ping_interval;
  std::chrono::nanoseconds ping_timeout;
  std::chrono::nanoseconds close_timeout;
};

/// What a WebSocket consists of.
///
/// What is to be sent is collected in `out_`. It goes out at the end of the loop's turn, or when somebody has to wait
/// anyway, in one write; a task that belongs to run() does that, and shares this. Messages too large to be collected
/// are written from where they are, by their senders. Only one of all these writes at a time (`writing_`).
class websocket_core final : public std::enable_shared_from_this<websocket_core>,
                             public weft::detail::list_hook<websocket_core>,
                             private weft::detail::timer {
 public:
  websocket_core(byte_stream stream, websocket_role role, const websocket_options& options);
  ~websocket_core();

  /// What the handshake has agreed upon.
  void agree(const std::optional<deflate_agreement>& compression, std::string subprotocol);
  /// Begins to ask the peer now and then whether it is there.
  void keep_alive();
  /// The websocket object has gone.
  void drop() noexcept;

  task<std::optional<message>> receive();
  task<std::optional<message_piece>> receive_piece();

  /// False if the message has to wait; then it is for send(). Throws as websocket::send.
  bool try_send(message_kind kind, std::string_view bytes);
  task<> send(message_kind kind, std::string_view bytes);
  bool try_send(const prepared_frames& message);
  /// @param message must live until this is done.
  task<> send(const prepared_frames& message);
  task<> flush();
  task<std::chrono::nanoseconds> ping();
  task<> close(websocket_code code, std::string reason);
  /// Leaves: the closing handshake if it is still possible, and the end of the connection. Never throws but
  /// std::bad_alloc.
  task<> end(const exit_reason& how);
  /// Tells the peer that it is to go, and lets receive() go on until it has.
  void send_going_away();

  bool is_open() const noexcept { return !close_sent_ && !closed_ && !error_; }
  websocket_code close_code() const noexcept { return close_code_; }
  std::string_view close_reason() const noexcept { return texts_ ? texts_->close_reason : std::string_view{}; }
  std::string_view subprotocol() const noexcept { return texts_ ? texts_->subprotocol : std::string_view{}; }
  bool compressed() const noexcept { return deflater_ != nullptr; }
  const byte_stream& stream() const noexcept { return stream_; }

  /// What is to be stopped when the peer turns out to have gone while nobody receives; null for nothing.
  void stop_when_gone(weft::detail::scope* handler) noexcept { handler_ = handler; }

  // For messages in pieces, whose writers hold turn().
  lock& turn() noexcept { return turn_; }
  /// Throws unless messages can be sent.
  void check_open() const;
  task<> send_piece(websocket_opcode opcode, bool first, bool last, std::string_view piece);
  /// What was sent is of no use: half a message, or half a frame.
  void break_off(const char* why) noexcept;

 private:
  class flush_at_end_of_turn final : public weft::detail::node {
   public:
    void* run() noexcept override;
    std::shared_ptr<websocket_core> keeps;  // while it is in the ready queue
  };
  class writing_turn;
  class receiving_turn;
  class compressed_message;
  class closing_turn;
  struct texts {
    std::string close_reason;
    std::string subprotocol;
  };
  enum class found : std::uint8_t { nothing, message, piece, closed };

  found advance(bool pieces);
  texts& own_texts();
  void closed_by_peer(websocket_code code, std::string_view reason);
  void heard(std::string_view more);
  template <class Given>
  task<std::optional<Given>> receive_as();
  template <class Given>
  task<std::optional<Given>> receive_after_close();
  template <class Given>
  Given take(found what) noexcept;
  task<> wait_until_taken();
  task<> wait_for_close();
  task<> discard_until_closed();
  [[noreturn]] void throw_error() const;
  void lost(websocket_code code, std::string what) noexcept;
  [[noreturn]] void throw_lost(const std::system_error& e);

  bool compresses(std::size_t size) const noexcept { return window_bits_ != 0 && size >= settings_->threshold; }
  void append(websocket_opcode opcode, bool last, bool compressed, std::string_view payload);
  void append_close(websocket_code code, std::string_view reason);
  void append_ping();
  void append_prepared(const prepared_frames::frame& frame, websocket_opcode opcode);
  const prepared_frames::frame& frame_of(const prepared_frames& message) const;
  bool collects() const noexcept { return out_.size() < settings_->send_buffer; }
  void schedule_flush();
  void start_flush() noexcept;
  static task<> run_flush(std::shared_ptr<websocket_core> self);
  task<> write_large(websocket_opcode opcode, bool last, bool compressed, std::string_view payload);
  task<> wait_for_room();
  task<> finish();
  void pulse() noexcept;
  void fired() noexcept override;
  void arm(std::chrono::nanoseconds in);
  bool shows_life();
  std::uint64_t acknowledged() const noexcept;

  byte_stream stream_;
  weft::detail::event_loop* loop_;
  weft::detail::scope* handler_ = nullptr;
  websocket_reader reader_;
  pooled_bytes out_;
  pooled_bytes flying_;  // what is being written
  flush_at_end_of_turn flush_node_;
  lock turn_;
  event changed_;  // set for a moment whenever something that is waited for may have changed
  std::unique_ptr<message_deflater> deflater_;
  std::unique_ptr<websocket_error> error_;
  std::unique_ptr<texts> texts_;  // null: both are empty
  std::shared_ptr<const websocket_settings> settings_;
  std::int64_t heard_ = 0;      // when something last came from the peer
  std::int64_t asked_ = 0;      // when it was last asked whether it is there
  std::uint64_t taken_ = 0;     // acknowledged() then
  std::uint32_t pings_ = 0;     // sent
  std::uint32_t answered_ = 0;  // the number of the last ping that was answered
  websocket_code close_code_ = websocket_code::abnormal;
  websocket_role role_;
  std::uint8_t window_bits_ = 0;  // of what is compressed here; 0: nothing is
  bool writing_ = false;
  bool receiving_ = false;
  bool closing_ = false;  // close() reads
  bool waits_ = false;    // for an answer to a ping
  bool close_sent_ = false;
  bool closed_ = false;  // the peer has
  bool told_ = false;    // the peer was told what it did wrong
};

}  // namespace weft::http::detail
