#include <sys/socket.h>
#include <cerrno>
#include <stdexcept>
#include <utility>
#include <weft/http/client_connection.hpp>

#include "net/stream_core.hpp"

namespace weft::http {

client_connection::client_connection(byte_stream stream, const parser_limits& limits)
    : stream_{std::move(stream)}, parser_{"GET", limits} {}

task<> client_connection::send(std::string_view method, std::string_view request) {
  co_await write(method, request);
  co_await read_head();
}

task<> client_connection::write(std::string_view method, std::string_view request) {
  if (used_ && !reusable()) throw std::logic_error{"this connection cannot carry another request"};
  used_ = true;
  parser_.reset(method);
  co_await stream_.write(request);
}

task<> client_connection::read_head() {
  for (bool final_one = false; !final_one;) final_one = co_await read_any_head();
}

task<bool> client_connection::read_any_head() {
  for (;;) {
    const std::optional<parser_event> event = next_event();
    if (event && event->part == message_part::head) co_return true;
    if (event && event->part == message_part::interim_head) co_return false;
    const std::string_view more = co_await stream_.fill();
    if (more.empty()) end_of_stream();
  }
}

task<std::string_view> client_connection::read_body() {
  while (!parser_.done()) {
    const std::optional<parser_event> event = next_event();
    if (event && event->part == message_part::body) co_return event->bytes;
    if (event || parser_.done()) continue;
    const std::string_view more = co_await stream_.fill();
    if (more.empty()) end_of_stream();
  }
  co_return std::string_view{};
}

byte_stream client_connection::take_stream() {
  give_back_taken();
  return std::move(stream_);
}

void client_connection::break_off() noexcept {
  if (!used_ || parser_.done() || ended_ || stream_.native_handle() < 0) return;
  const ::linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(stream_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool client_connection::quiet() {
  give_back_taken();
  weft::detail::stream_core& core = stream_access::core(stream_);
  if (!core.is_open() || core.at_end || !core.in.empty()) return false;
  if (core.drained()) return true;
  return core.receive_into_buffer() < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/// The next event in what has been read. If there is none, all of it has been taken.
std::optional<parser_event> client_connection::next_event() {
  give_back_taken();
  const std::string_view before = stream_.buffered();
  std::string_view input = before;
  std::optional<parser_event> event = parser_.next(input);
  taken_ = before.size() - input.size();
  if (!event) give_back_taken();
  return event;
}

void client_connection::give_back_taken() { stream_.consume(std::exchange(taken_, 0)); }

void client_connection::end_of_stream() {
  ended_ = true;
  parser_.finish();
}

}  // namespace weft::http
