#include <algorithm>
#include <array>
#include <utility>

#include "http/sending_progress.hpp"
#include "http/websocket_core.hpp"

namespace weft::http::detail {

using std::chrono::nanoseconds;

void websocket_core::append_ping() {
  const std::uint32_t number = ++pings_;
  const std::array<char, 4> payload{static_cast<char>(number >> 24), static_cast<char>(number >> 16 & 0xff),
                                    static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
  append(websocket_opcode::ping, true, false, {payload.data(), payload.size()});
}

task<nanoseconds> websocket_core::ping() {
  check_open();
  append_ping();
  const std::uint32_t number = pings_;
  start_flush();
  const std::int64_t begin = loop_->now();
  while (!error_ && !closed_ && answered_ - number > pings_ - number) co_await changed_.wait();
  if (error_) throw_error();
  if (closed_) throw websocket_error{close_code_, "the WebSocket was closed before the pong came"};
  co_return nanoseconds{loop_->now() - begin};
}

void websocket_core::keep_alive() {
  if (settings_->ping_interval > nanoseconds{0}) arm(settings_->ping_interval);
}

void websocket_core::arm(nanoseconds in) { loop_->arm(*this, loop_->now() + std::max(in, nanoseconds{1}).count()); }

void websocket_core::fired() noexcept {
  const std::int64_t now = loop_->now();
  if (waits_) {
    if (!shows_life()) {
      if (!close_sent_ && !writing_) append_close(websocket_code::internal_error, "no pong came in time");
      start_flush();
      lost(websocket_code::abnormal, "the peer gave no sign of life");
      stream_.close();
    } else if (writing_ && heard_ < asked_) {  // the ping is behind what is being written
      taken_ = acknowledged();
      arm(settings_->ping_timeout);
    } else {
      waits_ = false;
      arm(std::max(settings_->ping_interval - nanoseconds{now - asked_}, nanoseconds{0}));
    }
    return;
  }
  if (!is_open()) return;
  asked_ = now;
  waits_ = true;
  if (collects()) append_ping();
  start_flush();
  if (writing_) taken_ = acknowledged();
  arm(settings_->ping_timeout);
}

/// The peer has sent something since it was asked, or takes what is still being sent to it; or nobody can tell, because
/// nobody listens.
bool websocket_core::shows_life() {
  if (heard_ >= asked_) return true;
  if (writing_) return acknowledged() > taken_;
  return !receiving_;
}

/// How many bytes the peer's system has acknowledged; 0 if that is not known.
std::uint64_t websocket_core::acknowledged() const noexcept {
  return sending_progress::of(stream_.native_handle()).taken;
}

}  // namespace weft::http::detail
