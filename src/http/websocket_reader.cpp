#include "http/websocket_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace weft::http::detail {

namespace {

unsigned char byte_of(std::string_view bytes, std::size_t at) noexcept { return static_cast<unsigned char>(bytes[at]); }

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

void websocket_reader::refuse(websocket_code code, const char* why) { throw websocket_error{code, why}; }

std::optional<websocket_event> websocket_reader::next(std::string_view& input, bool pieces) {
  if (state_ == state::failed) refuse(websocket_code::protocol_error, "nothing can be read after an error");
  drop_control_payload();
  pieces_ = pieces;
  state now = std::exchange(state_, state::failed);  // unless all goes well
  for (;;) {
    if (now == state::header) {
      if (!read_header(input)) break;
      begin_payload();
      now = state::payload;
    }
    auto n = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), size_ - got_));
    if (n != 0) {
      if (pieces && !control_) n = std::min(n, room_in_piece());
      const std::string_view bytes = input.substr(0, n);
      if (control_) {
        copy_masked(message_.prepare(n), bytes.data(), bytes.size(), mask_from(mask_, got_));
        message_.add(n);
      } else {
        take_data(bytes);
      }
      got_ += n;
      input.remove_prefix(n);
    }
    if (got_ != size_) {
      state_ = state::payload;
      const bool enough = input.empty() || room_in_piece() == 0;
      if (pieces && !control_ && !message_.empty() && enough) return websocket_event{websocket_event::kind::piece};
      if (input.empty()) return std::nullopt;
      now = std::exchange(state_, state::failed);
      continue;
    }
    now = state::header;
    std::optional<websocket_event> event = end_of_frame();
    if (event) {
      state_ = event->what == websocket_event::kind::close ? state::failed : state::header;
      return event;
    }
  }
  state_ = now;
  return std::nullopt;
}

/// How large a piece may become.
std::size_t websocket_reader::most_in_piece() const noexcept {
  constexpr std::size_t least = std::size_t{16} << 10;  // a byte can inflate to more than 1000
  return compressed_ ? std::max(limits_.message, least) : std::max<std::size_t>(limits_.message, 1);
}

/// How many bytes of the payload it takes at once; none once it is half full.
std::size_t websocket_reader::room_in_piece() const noexcept {
  const std::size_t most = most_in_piece();
  if (message_.size() >= most - most / 2) return 0;
  const std::size_t room = most - message_.size();
  if (!compressed_) return room;
  constexpr std::size_t most_inflation = 1300;  // 1032 for each byte, RFC 1951, and what was held back before
  constexpr std::size_t for_the_end = 5000;     // its 4 bytes are data too if the message is cut
  return std::clamp<std::size_t>((room - for_the_end) / most_inflation, 1, 1024);
}

// ---- headers --------------------------------------------------------------------------------------------------------

/// Takes a header from the input; false if it is not complete yet.
bool websocket_reader::read_header(std::string_view& input) {
  if (header_size_ == 0) {  // as ever, but for what is cut
    const std::size_t size = parse_header(input);
    if (size <= input.size()) {
      input.remove_prefix(size);
      return true;
    }
  }
  while (!input.empty()) {
    header_[header_size_++] = input.front();
    input.remove_prefix(1);
    if (parse_header({header_.data(), header_size_}) <= header_size_) {
      header_size_ = 0;
      return true;
    }
  }
  return false;
}

/// Reads what there is of a header, and refuses what is wrong with it. @return how long it is, or a byte more than
/// there is if that cannot be told.
std::size_t websocket_reader::parse_header(std::string_view bytes) {
  if (bytes.empty()) return 1;
  judge_first(byte_of(bytes, 0));
  if (bytes.size() < 2) return 2;
  const unsigned char second = byte_of(bytes, 1);
  masked_ = (second & 0x80U) != 0;
  if (masked_ != (role_ == websocket_role::server)) {
    refuse(websocket_code::protocol_error, masked_ ? "a server's frame is masked" : "a client's frame is not masked");
  }
  const unsigned small = second & 0x7fU;
  if (control_ && small > most_control_payload) {
    refuse(websocket_code::protocol_error, "a control frame of more than 125 bytes");
  }
  const std::size_t length_size = small == 126 ? 2 : small == 127 ? 8 : 0;
  const std::size_t size = 2 + length_size + (masked_ ? mask_.size() : 0);
  size_ = small;
  if (length_size != 0) {
    if (bytes.size() > 2 && length_size == 8 && (byte_of(bytes, 2) & 0x80U) != 0) {
      refuse(websocket_code::protocol_error, "a frame of more than 2^63 bytes");
    }
    if (bytes.size() < 2 + length_size) return size;
    size_ = big_endian(bytes.substr(2, length_size));
    judge_length(length_size == 2 ? size_ > 125 : size_ > 0xffff);
  } else if (bytes.size() == 2) {
    judge_length(true);
  }
  if (bytes.size() < size) return size;
  if (length_size == 0) judge_length(true);
  if (masked_) std::memcpy(mask_.data(), bytes.data() + size - mask_.size(), mask_.size());
  return size;
}

void websocket_reader::judge_first(unsigned char byte) {
  opcode_ = static_cast<websocket_opcode>(byte & 0x0fU);
  last_ = (byte & 0x80U) != 0;
  control_ = is_control(opcode_);
  const unsigned reserved = byte & 0x70U;
  switch (opcode_) {
    case websocket_opcode::continuation:
      if (!inside_message_) refuse(websocket_code::protocol_error, "a continuation without a message to continue");
      break;
    case websocket_opcode::text:
    case websocket_opcode::binary:
      if (inside_message_) refuse(websocket_code::protocol_error, "a new message before the end of the last");
      break;
    case websocket_opcode::close:
    case websocket_opcode::ping:
    case websocket_opcode::pong:
      if (!last_) refuse(websocket_code::protocol_error, "a control frame in fragments");
      break;
    default:
      refuse(websocket_code::protocol_error, "a frame of an unknown kind");
  }
  const bool may_be_compressed = inflater_ && !control_ && opcode_ != websocket_opcode::continuation;
  if ((reserved & ~(may_be_compressed ? 0x40U : 0U)) != 0) {
    refuse(websocket_code::protocol_error, "a reserved bit is set");
  }
  if (!control_ && opcode_ != websocket_opcode::continuation) {
    compressed_ = reserved != 0;
    text_ = opcode_ == websocket_opcode::text;
  }
}

void websocket_reader::judge_length(bool minimal) {
  if (!minimal) refuse(websocket_code::protocol_error, "a length in more bytes than it needs");
  if (control_) return;
  if (limits_.frame != 0 && size_ > limits_.frame) {
    throw websocket_error{websocket_code::message_too_big,
                          "a frame of more than " + std::to_string(limits_.frame) + " bytes"};
  }
  if (!compressed_ && !pieces_ && size_ > limits_.message - std::min(limits_.message, message_.size())) {
    throw websocket_error{websocket_code::message_too_big,
                          "a message of more than " + std::to_string(limits_.message) + " bytes"};
  }
}

void websocket_reader::begin_payload() {
  got_ = 0;
  if (!control_ && opcode_ != websocket_opcode::continuation) utf8_ = {};
}

void websocket_reader::drop_control_payload() noexcept {
  if (!std::exchange(holds_control_, false)) return;
  message_.cut(message_.size() - static_cast<std::size_t>(size_));
  if (message_.empty()) message_.clear();
}

std::string_view websocket_reader::control_payload() const noexcept {
  return message_.view().substr(message_.size() - static_cast<std::size_t>(size_));
}

// ---- payloads -------------------------------------------------------------------------------------------------------

void websocket_reader::take_data(std::string_view bytes) {
  const std::size_t before = message_.size();
  const websocket_mask mask = mask_from(mask_, got_);
  if (!compressed_) {
    constexpr std::size_t whole = std::size_t{64} << 10;  // what is larger gets its memory as it comes
    if (size_ - got_ <= whole) message_.reserve(before + static_cast<std::size_t>(size_ - got_));
    char* const to = message_.prepare(bytes.size());
    if (masked_) {
      copy_masked(to, bytes.data(), bytes.size(), mask);
    } else {
      std::memcpy(to, bytes.data(), bytes.size());
    }
    message_.add(bytes.size());
  } else if (!masked_) {
    inflate(bytes, false);
    return;
  } else {
    std::array<char, 4096> plain;
    static_assert(plain.size() % 4 == 0);  // so that the mask stays as it is
    for (std::size_t at = 0; at < bytes.size(); at += plain.size()) {
      const std::size_t n = std::min(plain.size(), bytes.size() - at);
      copy_masked(plain.data(), bytes.data() + at, n, mask);
      inflate({plain.data(), n}, false);
    }
    return;
  }
  check_text(before);
}

/// What is wrong first is told, however the bytes were cut.
void websocket_reader::inflate(std::string_view bytes, bool last) {
  const std::size_t before = message_.size();
  try {
    inflater_->inflate(bytes, last, message_, pieces_ ? most_in_piece() : limits_.message);
  } catch (const websocket_error&) {
    check_text(before);
    throw;
  }
  check_text(before);
}

void websocket_reader::check_text(std::size_t from) {
  if (text_ && !utf8_.append(message_.view().substr(from))) {
    refuse(websocket_code::invalid_data, "a text that is not UTF-8");
  }
}

std::optional<websocket_event> websocket_reader::end_of_frame() {
  if (control_) return end_of_control();
  inside_message_ = !last_;
  if (!last_) {
    if (pieces_ && !message_.empty()) return websocket_event{websocket_event::kind::piece};
    return std::nullopt;
  }
  if (compressed_) inflate({}, true);
  if (text_ && !utf8_.complete()) refuse(websocket_code::invalid_data, "a text that ends within a character");
  return websocket_event{websocket_event::kind::message};
}

websocket_event websocket_reader::end_of_control() {
  holds_control_ = true;
  const std::string_view payload = control_payload();
  switch (opcode_) {
    case websocket_opcode::ping:
      return {websocket_event::kind::ping, websocket_code::no_status, payload};
    case websocket_opcode::pong:
      return {websocket_event::kind::pong, websocket_code::no_status, payload};
    default:
      return end_of_close();
  }
}

websocket_event websocket_reader::end_of_close() {
  const std::string_view payload = control_payload();
  if (payload.empty()) return {websocket_event::kind::close};
  if (payload.size() == 1) refuse(websocket_code::protocol_error, "a close code of one byte");
  const auto code = static_cast<websocket_code>(big_endian(payload.substr(0, 2)));
  if (!may_be_sent(code)) refuse(websocket_code::protocol_error, "a close code that must not be sent");
  utf8_validator reason;
  if (!reason.append(payload.substr(2)) || !reason.complete()) {
    refuse(websocket_code::invalid_data, "a close reason that is not UTF-8");
  }
  return {websocket_event::kind::close, code, payload.substr(2)};
}

}  // namespace weft::http::detail
