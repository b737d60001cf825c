#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/create_task.hpp>

#include "http/utf8_validator.hpp"
#include "http/websocket_core.hpp"

namespace weft::http::detail {

namespace {

/// Larger payloads are written from where they are.
constexpr std::size_t most_collected = std::size_t{16} << 10;

websocket_opcode opcode_of(message_kind kind) noexcept {
  return kind == message_kind::text ? websocket_opcode::text : websocket_opcode::binary;
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
    size = 2 + reason.copy(payload.data() + 2, most_close_reason);
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
  if (bytes.size() > most_collected || !collects()) return false;
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

const prepared_frames::frame& websocket_core::frame_of(const prepared_frames& message) const {
  return compresses(message.payload().size()) ? message.compressed(window_bits_) : message.plain();
}

void websocket_core::append_prepared(const prepared_frames::frame& frame, websocket_opcode opcode) {
  if (role_ == websocket_role::client) {
    append(opcode, true, frame.compressed, frame.payload());
  } else {
    out_.append(frame.bytes);
  }
  // The peer's window has moved on without this end's: nothing may refer to what was before.
  if (frame.compressed) deflater_->forget();
  schedule_flush();
}

bool websocket_core::try_send(const prepared_frames& message) {
  check_open();
  const prepared_frames::frame& frame = frame_of(message);
  if (frame.payload().size() > most_collected || !collects()) return false;
  const std::optional<lock::guard> mine = turn_.try_acquire();
  if (!mine) return false;
  append_prepared(frame, opcode_of(message.kind()));
  return true;
}

task<> websocket_core::send(const prepared_frames& message) {
  const lock::guard mine = co_await turn_.acquire();
  check_open();
  co_await wait_for_room();
  check_open();
  const prepared_frames::frame& frame = frame_of(message);
  const websocket_opcode opcode = opcode_of(message.kind());
  if (frame.payload().size() <= most_collected) {
    append_prepared(frame, opcode);
  } else {
    if (frame.compressed) deflater_->forget();
    co_await write_large(opcode, true, frame.compressed, frame.payload());
  }
}

task<> websocket_core::wait_for_room() {
  while (!error_ && !collects()) {
    start_flush();
    if (writing_) co_await changed_.wait();  // otherwise all of it is with the kernel already
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
  const bool compressed = first && last ? compresses(piece.size()) : window_bits_ != 0;
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

}  // namespace weft::http::detail
