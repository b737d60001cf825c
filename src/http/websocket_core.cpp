#include "http/websocket_core.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <stdexcept>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/timeout.hpp>

namespace weft::http::detail {

namespace {

using std::chrono::nanoseconds;

/// Larger payloads are written from where they are.
constexpr std::size_t most_collected = std::size_t{16} << 10;
constexpr std::size_t most_reason = most_control_payload - 2;

websocket_opcode opcode_of(message_kind kind) noexcept {
  return kind == message_kind::text ? websocket_opcode::text : websocket_opcode::binary;
}

bool is_utf8(std::string_view text) noexcept {
  utf8_validator validator;
  return validator.append(text) && validator.complete();
}

void check_text(message_kind kind, std::string_view bytes) {
  if (kind == message_kind::text && !is_utf8(bytes)) {
    throw std::invalid_argument{"a text message must be UTF-8: send_bytes() is for everything else"};
  }
}

}  // namespace

/// The only one to write to the stream, until it goes out of scope. If that happens by a stop or an error, nobody knows
/// how much was sent.
class websocket_core::writing_turn {
 public:
  explicit writing_turn(websocket_core& core) noexcept : core_{&core} { core.writing_ = true; }
  writing_turn(const writing_turn&) = delete;
  writing_turn& operator=(const writing_turn&) = delete;
  ~writing_turn() {
    core_->writing_ = false;
    core_->flying_.clear();
    if (!done_) core_->break_off("a message was broken off while it was sent");
    core_->pulse();
    core_->start_flush();
  }
  void done() noexcept { done_ = true; }

 private:
  websocket_core* core_;
  bool done_ = false;
};

/// The only one to read from the stream.
class websocket_core::receiving_turn {
 public:
  explicit receiving_turn(websocket_core& core) : core_{&core} {
    if (core.receiving_) throw std::logic_error{"two tasks receive from one WebSocket at the same time"};
    core.receiving_ = true;
  }
  receiving_turn(const receiving_turn&) = delete;
  receiving_turn& operator=(const receiving_turn&) = delete;
  ~receiving_turn() {
    core_->receiving_ = false;
    if (core_->close_sent_) core_->pulse();  // close() takes over
  }

 private:
  websocket_core* core_;
};

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

/// A message that was compressed. If it is not sent, those behind it must not refer to it.
class websocket_core::compressed_message {
 public:
  explicit compressed_message(message_deflater* by) noexcept : by_{by} {}
  compressed_message(const compressed_message&) = delete;
  compressed_message& operator=(const compressed_message&) = delete;
  ~compressed_message() {
    if (by_ != nullptr) by_->forget();
  }
  void sent() noexcept { by_ = nullptr; }

 private:
  message_deflater* by_;
};

// ---- beginning and end ----------------------------------------------------------------------------------------------

websocket_core::websocket_core(byte_stream stream, websocket_role role, const websocket_options& options)
    : stream_{std::move(stream)},
      loop_{&weft::detail::require_loop("a WebSocket")},
      reader_{role, {options.max_message, options.max_frame}},
      send_buffer_{std::max<std::size_t>(options.send_buffer, 1)},
      threshold_{options.compression_threshold},
      ping_interval_{options.ping_interval},
      ping_timeout_{options.ping_timeout},
      close_timeout_{options.close_timeout},
      role_{role} {}

websocket_core::~websocket_core() {
  if (armed()) loop_->disarm(*this);
}

void websocket_core::agree(const std::optional<deflate_agreement>& compression, std::string subprotocol) {
  if (!subprotocol.empty()) subprotocol_ = std::make_unique<std::string>(std::move(subprotocol));
  if (!compression) return;
  const bool server = role_ == websocket_role::server;
  const int own_bits = server ? compression->server_window_bits : compression->client_window_bits;
  const int peers_bits = server ? compression->client_window_bits : compression->server_window_bits;
  const bool own_context = server ? compression->server_keeps_context : compression->client_keeps_context;
  const bool peers_context = server ? compression->client_keeps_context : compression->server_keeps_context;
  constexpr int least_bits = 9;  // zlib compresses for no smaller window; what is sent as it is, is always right
  deflater_ = std::make_unique<message_deflater>(std::max(own_bits, least_bits), own_context);
  if (own_bits < least_bits) threshold_ = std::string_view::npos;
  reader_.decompress_with(message_inflater{std::max(peers_bits, least_bits), peers_context});
}

void websocket_core::keep_alive() {
  if (ping_interval_ > nanoseconds{0}) arm(ping_interval_);
}

void websocket_core::drop() noexcept {
  if (armed()) loop_->disarm(*this);
  lost(websocket_code::abnormal, "the WebSocket was destroyed");
  stream_.close();
}

void websocket_core::lost(websocket_code code, std::string what) noexcept {
  if (error_) return;
  if (armed()) loop_->disarm(*this);
  error_ = std::make_unique<websocket_error>(code, std::move(what));
  out_.clear();
  pulse();
}

void websocket_core::break_off(const char* why) noexcept {
  if (error_) return;
  lost(websocket_code::abnormal, why);
  stream_.close();
}

void websocket_core::throw_error() const { throw websocket_error{*error_}; }

void websocket_core::check_open() const {
  if (error_) throw_error();
  if (close_sent_ || closed_) {
    throw websocket_error{closed_ ? close_code_ : websocket_code::normal, "the WebSocket is closed"};
  }
}

void websocket_core::pulse() noexcept {
  changed_.set();
  changed_.clear();
}

// ---- receiving ------------------------------------------------------------------------------------------------------

/// Reads what is buffered, up to the next thing that is for the caller.
websocket_core::found websocket_core::advance(bool pieces) {
  if (closed_) return found::closed;
  if (error_) throw_error();
  try {
    for (;;) {
      const std::string_view before = stream_.buffered();
      std::string_view input = before;
      const std::optional<websocket_event> event = reader_.next(input, pieces);
      if (const std::size_t taken = before.size() - input.size(); taken != 0) stream_.consume(taken);
      if (!event) return found::nothing;
      switch (event->what) {
        case websocket_event::kind::message:
          return found::message;
        case websocket_event::kind::piece:
          return found::piece;
        case websocket_event::kind::ping:
          if (!close_sent_) append(websocket_opcode::pong, true, false, event->payload);
          if (out_.size() > send_buffer_) return found::nothing;  // a peer that does not read has to wait
          break;
        case websocket_event::kind::pong:
          if (event->payload.size() == sizeof answered_) {
            std::uint32_t number = 0;
            for (const char c : event->payload) number = number << 8 | static_cast<unsigned char>(c);
            if (number - answered_ <= pings_ - answered_) answered_ = number;
            pulse();
          }
          break;
        case websocket_event::kind::close:
          closed_by_peer(event->code, event->payload);
          return found::closed;
      }
    }
  } catch (const websocket_error& e) {
    if (!close_sent_) append_close(e.code(), std::string_view{e.what()}.substr(0, most_reason));
    pooled_bytes farewell = std::move(out_);
    lost(e.code(), e.what());
    told_ = true;
    out_ = std::move(farewell);
    start_flush();
    throw;
  }
}

void websocket_core::closed_by_peer(websocket_code code, std::string_view reason) {
  close_code_ = code;
  if (!reason.empty()) close_reason_ = std::make_unique<std::string>(reason);
  if (!close_sent_) append_close(code, {});
  closed_ = true;
  if (armed()) loop_->disarm(*this);
  start_flush();
  pulse();
}

/// What came: nothing at the end of the stream.
void websocket_core::heard(std::string_view more) {
  if (error_) throw_error();
  if (more.empty()) {
    lost(websocket_code::abnormal, "the connection ended without a closing handshake");
    throw_error();
  }
  heard_ = loop_->recent_time();
}

template <class Given>
task<std::optional<Given>> websocket_core::receive_as() {
  constexpr bool pieces = std::same_as<Given, message_piece>;
  const receiving_turn turn{*this};
  for (;;) {
    const found what = advance(pieces);
    if (what == found::closed) co_return std::nullopt;
    if (what != found::nothing) co_return take<Given>(what);
    start_flush();
    while (out_.size() > send_buffer_ && !error_) co_await changed_.wait();
    if (!stream_.buffered().empty()) continue;
    std::string_view more;
    try {
      more = co_await stream_.fill();
    } catch (const std::system_error& e) {
      lost(websocket_code::abnormal, e.what());
    }
    heard(more);
  }
}

template <class Given>
Given websocket_core::take(found what) noexcept {
  const bool text = reader_.is_text();
  if constexpr (std::same_as<Given, message_piece>) {
    return message_piece{message{reader_.take(), text}, what == found::message};
  } else {
    return message{reader_.take(), text};
  }
}

/// While close() reads, a task that comes later waits until that is over.
task<> websocket_core::wait_for_close() {
  while (closing_ && !closed_ && !error_) co_await changed_.wait();
}

template <class Given>
task<std::optional<Given>> websocket_core::receive_after_close() {
  co_await wait_for_close();
  co_return co_await receive_as<Given>();
}

task<std::optional<message>> websocket_core::receive() {
  return closing_ ? receive_after_close<message>() : receive_as<message>();
}
task<std::optional<message_piece>> websocket_core::receive_piece() {
  return closing_ ? receive_after_close<message_piece>() : receive_as<message_piece>();
}

// ---- sending --------------------------------------------------------------------------------------------------------

void websocket_core::append(websocket_opcode opcode, bool last, bool compressed, std::string_view payload) {
  websocket_frame frame{opcode, last, compressed};
  if (role_ == websocket_role::client) frame.mask = random_mask();
  write_frame(out_, frame, payload);
}

void websocket_core::append_close(websocket_code code, std::string_view reason) {
  std::array<char, most_control_payload> payload{};
  std::size_t size = 0;
  if (code != websocket_code::no_status) {
    const auto number = static_cast<std::uint16_t>(code);
    payload[0] = static_cast<char>(number >> 8);
    payload[1] = static_cast<char>(number & 0xff);
    size = 2 + reason.copy(payload.data() + 2, most_reason);
  }
  append(websocket_opcode::close, true, false, {payload.data(), size});
  close_sent_ = true;
}

void* websocket_core::flush_at_end_of_turn::run() noexcept {
  const std::shared_ptr<websocket_core> core = std::move(keeps);
  core->start_flush();
  return nullptr;
}

void websocket_core::schedule_flush() {
  if (flush_node_.keeps) return;
  flush_node_.keeps = shared_from_this();
  loop_->push(flush_node_);
}

/// Lets what is collected be written, unless somebody writes already, who will go on with it.
void websocket_core::start_flush() noexcept {
  if (writing_ || out_.empty() || !stream_.is_open()) return;
  weft::detail::start_task(*loop_, *loop_->root_owner, run_flush(shared_from_this()), {.eager = true});
}

task<> websocket_core::run_flush(std::shared_ptr<websocket_core> self) {
  websocket_core& core = *self;
  writing_turn turn{core};
  try {
    while (!core.out_.empty()) {
      core.flying_.swap(core.out_);
      co_await core.stream_.write(core.flying_.view());
      core.flying_.clear();
      core.pulse();
    }
  } catch (const std::system_error& e) {
    core.lost(websocket_code::abnormal, e.what());
    if (core.handler_ != nullptr && !core.receiving_) core.handler_->request_stop();
  }
  turn.done();
}

bool websocket_core::try_send(message_kind kind, std::string_view bytes) {
  check_open();
  check_text(kind, bytes);
  if (bytes.size() > most_collected || out_.size() >= send_buffer_) return false;
  const std::optional<lock::guard> mine = turn_.try_acquire();
  if (!mine) return false;
  const bool compressed = compresses(bytes.size());
  if (compressed) {
    pooled_bytes small;
    deflater_->deflate(bytes, true, small);
    append(opcode_of(kind), true, true, small.view());
  } else {
    append(opcode_of(kind), true, false, bytes);
  }
  schedule_flush();
  return true;
}

task<> websocket_core::wait_for_room() {
  while (!error_ && out_.size() >= send_buffer_) {
    start_flush();
    co_await changed_.wait();
  }
}

task<> websocket_core::send(message_kind kind, std::string_view bytes) {
  const lock::guard mine = co_await turn_.acquire();
  co_await send_piece(opcode_of(kind), true, true, bytes);
}

task<> websocket_core::send_piece(websocket_opcode opcode, bool first, bool last, std::string_view piece) {
  check_open();
  co_await wait_for_room();
  check_open();
  const bool compressed =
      deflater_ && (first && last ? compresses(piece.size()) : threshold_ != std::string_view::npos);
  pooled_bytes small;
  compressed_message unsent{compressed ? deflater_.get() : nullptr};
  if (compressed) {
    deflater_->deflate(piece, last, small);
    piece = small.view();
  }
  if (!first) opcode = websocket_opcode::continuation;
  if (piece.size() <= most_collected) {
    append(opcode, last, compressed && first, piece);
    schedule_flush();
  } else {
    co_await write_large(opcode, last, compressed && first, piece);
  }
  unsent.sent();
}

task<> websocket_core::write_large(websocket_opcode opcode, bool last, bool compressed, std::string_view payload) {
  while (writing_) co_await changed_.wait();
  check_open();
  writing_turn turn{*this};
  websocket_frame frame{opcode, last, compressed};
  if (role_ == websocket_role::client) frame.mask = random_mask();
  flying_.swap(out_);
  flying_.add(write_frame_header(flying_.prepare(most_frame_header), frame, payload.size()));
  try {
    if (!frame.mask) {
      const std::array<std::string_view, 2> parts{flying_.view(), payload};
      co_await stream_.write(parts);
    } else {
      for (std::size_t at = 0; at < payload.size();) {
        const std::size_t n = std::min(most_collected, payload.size() - at);
        copy_masked(flying_.prepare(n), payload.data() + at, n, mask_from(*frame.mask, at));
        flying_.add(n);
        co_await stream_.write(flying_.view());
        flying_.cut(0);
        at += n;
      }
    }
  } catch (const std::system_error& e) {
    lost(websocket_code::abnormal, e.what());
  }
  turn.done();
  if (error_) throw_error();
}

task<> websocket_core::flush() {
  while (!error_ && (writing_ || !out_.empty())) {
    start_flush();
    if (writing_) co_await changed_.wait();
  }
  if (error_) throw_error();
}

// ---- signs of life --------------------------------------------------------------------------------------------------

task<nanoseconds> websocket_core::ping() {
  check_open();
  const std::uint32_t number = ++pings_;
  const std::array<char, 4> payload{static_cast<char>(number >> 24), static_cast<char>(number >> 16 & 0xff),
                                    static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
  append(websocket_opcode::ping, true, false, {payload.data(), payload.size()});
  start_flush();
  const std::int64_t begin = loop_->now();
  while (!error_ && !closed_ && answered_ - number > pings_ - number) co_await changed_.wait();
  if (error_) throw_error();
  if (closed_) throw websocket_error{close_code_, "the WebSocket was closed before the pong came"};
  co_return nanoseconds{loop_->now() - begin};
}

void websocket_core::arm(nanoseconds in) { loop_->arm(*this, loop_->now() + std::max(in, nanoseconds{1}).count()); }

void websocket_core::fired() noexcept {
  const std::int64_t now = loop_->now();
  if (waits_ && heard_ < asked_ && receiving_) {
    if (!close_sent_ && !writing_) append_close(websocket_code::internal_error, "no pong came in time");
    start_flush();
    lost(websocket_code::abnormal, "the peer gave no sign of life");
    stream_.close();
    return;
  }
  if (waits_) {
    waits_ = false;
    arm(std::max(ping_interval_ - nanoseconds{now - asked_}, nanoseconds{0}));
    return;
  }
  if (!is_open()) return;
  asked_ = now;
  waits_ = true;
  const std::uint32_t number = ++pings_;
  const std::array<char, 4> payload{static_cast<char>(number >> 24), static_cast<char>(number >> 16 & 0xff),
                                    static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
  if (out_.size() < send_buffer_) append(websocket_opcode::ping, true, false, {payload.data(), payload.size()});
  start_flush();
  arm(ping_timeout_);
}

// ---- closing --------------------------------------------------------------------------------------------------------

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
  if (reason.size() > most_reason || !is_utf8(reason)) {
    throw std::invalid_argument{"the reason of a closing is UTF-8 of 123 bytes at the most"};
  }
  if (is_open()) append_close(code, reason);
  start_flush();
  co_await move_on_after(close_timeout_, finish());
  stream_.close();
  lost(websocket_code::abnormal, "the WebSocket is closed");
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
  const nanoseconds limit = told_ ? std::min(close_timeout_, most_patience) : close_timeout_;
  if (close_sent_) co_await move_on_after(limit, finish());
  drop();
}

}  // namespace weft::http::detail
