#include "http/websocket_core.hpp"

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <utility>

namespace weft::http::detail {

using std::chrono::nanoseconds;

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

namespace {

std::shared_ptr<const websocket_settings> shared_settings(const websocket_options& options) {
  thread_local std::weak_ptr<const websocket_settings> last;
  const websocket_settings wanted{options};
  std::shared_ptr<const websocket_settings> found = last.lock();
  if (!found || *found != wanted) last = found = std::make_shared<const websocket_settings>(wanted);
  return found;
}

}  // namespace

websocket_settings::websocket_settings(const websocket_options& options) noexcept
    : send_buffer{std::max<std::size_t>(options.send_buffer, 1)},
      threshold{options.compression_threshold},
      ping_interval{options.ping_interval},
      ping_timeout{options.ping_timeout},
      close_timeout{options.close_timeout} {}

// ---- beginning and end ----------------------------------------------------------------------------------------------

websocket_core::websocket_core(byte_stream stream, websocket_role role, const websocket_options& options)
    : stream_{std::move(stream)},
      loop_{&weft::detail::require_loop("a WebSocket")},
      reader_{role, {options.max_message, options.max_frame}},
      settings_{shared_settings(options)},
      role_{role} {}

websocket_core::~websocket_core() {
  if (armed()) loop_->disarm(*this);
}

void websocket_core::agree(const std::optional<deflate_agreement>& compression, std::string subprotocol) {
  if (!subprotocol.empty()) own_texts().subprotocol = std::move(subprotocol);
  if (!compression) return;
  const bool server = role_ == websocket_role::server;
  const int own_bits = server ? compression->server_window_bits : compression->client_window_bits;
  const int peers_bits = server ? compression->client_window_bits : compression->server_window_bits;
  const bool own_context = server ? compression->server_keeps_context : compression->client_keeps_context;
  const bool peers_context = server ? compression->client_keeps_context : compression->server_keeps_context;
  constexpr int least_bits = 9;  // zlib compresses for no smaller window; what is sent as it is, is always right
  deflater_ = std::make_unique<message_deflater>(std::max(own_bits, least_bits), own_context);
  if (own_bits >= least_bits) window_bits_ = static_cast<std::uint8_t>(own_bits);
  reader_.decompress_with(message_inflater{std::max(peers_bits, least_bits), peers_context});
}

websocket_core::texts& websocket_core::own_texts() {
  if (!texts_) texts_ = std::make_unique<texts>();
  return *texts_;
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

/// Not inlined: a coroutine's frame would have room for the text.
[[gnu::noinline]] void websocket_core::throw_lost(const std::system_error& e) {
  lost(websocket_code::abnormal, e.what());
  throw_error();
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
          if (out_.size() > settings_->send_buffer) return found::nothing;  // a peer that does not read has to wait
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
    if (!close_sent_) append_close(e.code(), std::string_view{e.what()}.substr(0, most_close_reason));
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
  if (!reason.empty()) own_texts().close_reason = reason;
  if (!close_sent_) append_close(code, {});
  closed_ = true;
  if (armed()) loop_->disarm(*this);
  start_flush();
  pulse();
}

/// What came: nothing at the end of the stream.
[[gnu::noinline]] void websocket_core::heard(std::string_view more) {
  if (error_) throw_error();
  if (more.empty()) {
    lost(websocket_code::abnormal, "the connection ended without a closing handshake");
    throw_error();
  }
  heard_ = loop_->recent_time();
}

/// Until there are fewer answers than may wait to be sent. In a frame of its own: there may be many that only receive.
task<> websocket_core::wait_until_taken() {
  while (out_.size() > settings_->send_buffer && !error_) co_await changed_.wait();
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
    if (out_.size() > settings_->send_buffer) co_await wait_until_taken();
    if (!stream_.buffered().empty()) continue;
    try {
      heard(co_await stream_.fill());
    } catch (const std::system_error& e) {
      throw_lost(e);
    }
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

template task<std::optional<message_piece>> websocket_core::receive_as();  // for close()

}  // namespace weft::http::detail
