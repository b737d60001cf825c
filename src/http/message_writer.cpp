#include <weft/http/message_writer.hpp>

#include <stdexcept>
#include <utility>

#include "http/utf8_validator.hpp"
#include "http/websocket_core.hpp"

namespace weft::http {

struct message_writer::state {
  state(std::shared_ptr<detail::websocket_core> over, lock::guard mine, detail::websocket_opcode kind) noexcept
      : core{std::move(over)}, turn{std::move(mine)}, opcode{kind} {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    if (!finished && begun) core->break_off("a message was not finished");
  }

  /// The message's next frame.
  task<> send(bool last, std::string_view piece) {
    if (finished) throw std::logic_error{"the message is finished already"};
    if (opcode == detail::websocket_opcode::text && (!utf8.append(piece) || (last && !utf8.complete()))) {
      finished = !begun;
      throw std::invalid_argument{"a text message must be UTF-8: begin_bytes() is for everything else"};
    }
    const bool first = !std::exchange(begun, true);
    co_await core->send_piece(opcode, first, last, piece);
    if (!last) co_return;
    finished = true;
    turn.unlock();
  }

  std::shared_ptr<detail::websocket_core> core;
  lock::guard turn;
  detail::websocket_opcode opcode;
  detail::utf8_validator utf8;
  bool begun = false;
  bool finished = false;
};

message_writer::message_writer(std::unique_ptr<state> begun) noexcept : state_{std::move(begun)} {}
message_writer::message_writer(message_writer&& other) noexcept = default;
message_writer::~message_writer() = default;

task<> message_writer::write(std::string_view piece) { return state_->send(false, piece); }
task<> message_writer::finish(std::string_view last) { return state_->send(true, last); }

namespace {

task<message_writer> begin(std::shared_ptr<detail::websocket_core> core, detail::websocket_opcode opcode) {
  lock::guard turn = co_await core->turn().acquire();
  core->check_open();
  co_return message_writer{std::make_unique<message_writer::state>(std::move(core), std::move(turn), opcode)};
}

}  // namespace

task<message_writer> websocket::begin_text() {
  return begin(core()->shared_from_this(), detail::websocket_opcode::text);
}
task<message_writer> websocket::begin_bytes() {
  return begin(core()->shared_from_this(), detail::websocket_opcode::binary);
}

}  // namespace weft::http
