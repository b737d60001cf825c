// Requests as they come: their heads, and their bodies as they are asked for.

#include "http/server_connection.hpp"

#include <algorithm>
#include <utility>
#include <weft/http/error.hpp>

#include "http/request_fill.hpp"
#include "http/requests_ahead.hpp"
#include "net/stream_core.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::deadline_after;
using weft::detail::never;

}  // namespace

parsed_head parse_head(request_parser& parser, std::string_view input) {
  const std::size_t size = input.size();
  const bool complete = parser.next(input).has_value();
  if (complete) parser.skip_empty_body();
  return {.complete = complete, .taken = size - input.size()};
}

void server_connection::give_back_taken() {
  if (taken_ != 0) stream_.consume(std::exchange(taken_, 0));
}

server_connection::found server_connection::read_head() {
  if (ahead_ && !ahead_->empty()) {
    const found what = take_from_ahead();
    if (what != found::nothing) return what;
  }
  if (work_ == nullptr) work_ = server_.take_workspace();
  weft::detail::stream_core& stream = stream_access::core(stream_);
  const std::string_view input = stream.in.view();
  if (input.empty() && !stream.at_end) return found::nothing;
  request_parser& parser = work_->parser;
  try {
    const auto [head, taken] = parse_head(parser, input);
    stream.in.consume(taken);
    head_bytes_ += taken;
    if (head) return found::head;
    if (stream.at_end && parser.started()) parser.finish();
    return found::nothing;
  } catch (const protocol_error& error) {
    refuse(error.status(), error.what());
    return found::refusal;
  }
}

task<std::optional<std::string_view>> server_connection::next_piece(server_connection& self) {
  request_parser& parser = self.work_->parser;
  for (;;) {
    self.give_back_taken();
    if (parser.done()) co_return std::nullopt;
    if (self.body_lost_) throw http_error{400, "The body cannot be read any more."};
    const std::string_view before = self.stream_.buffered();
    std::string_view input = before;
    std::optional<parser_event> event;
    try {
      event = parser.next(input);
      if (!event && !parser.done() && self.stream_.at_end()) parser.finish();
    } catch (const protocol_error& error) {
      self.closing_ = self.body_lost_ = true;
      throw http_error{error.status(), error.what()};
    }
    self.taken_ = before.size() - input.size();
    if (event && event->part == message_part::body) {
      self.body_received_ += event->bytes.size();
      co_return event->bytes;
    }
    if (event || parser.done()) continue;
    self.give_back_taken();
    if (parser.expects_continue() && !std::exchange(self.continued_, true)) {
      self.work_->out.append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (!self.work_->out.empty()) co_await self.flush();
    co_await fill_body(self);
  }
}

std::optional<std::string_view> server_connection::body_at_hand(std::size_t limit) {
  request_parser& parser = work_->parser;
  const std::uint64_t size = parser.body_size().value_or(0);
  const std::string_view before = stream_.buffered();
  if (size == 0 || size > limit || size > before.size() || parser.done() || body_received_ != 0 || body_lost_)
    return std::nullopt;
  std::string_view input = before;
  const std::string_view body = parser.next(input)->bytes;
  parser.next(input);  // its end
  taken_ = before.size() - input.size();
  body_received_ += body.size();
  return body;
}

/// Waits for more of the body.
task<> server_connection::fill_body(server_connection& self) {
  const server_options& options = self.server_.options;
  const std::int64_t begin = self.loop_.recent_time();
  if (options.body_timeout.count() > 0) {
    std::int64_t allowed = options.body_timeout.count();
    if (options.min_receive_rate != 0) {
      const double earned =
          1e9 * static_cast<double>(self.body_received_) / static_cast<double>(options.min_receive_rate);
      allowed = earned > 1e18 ? never : deadline_after(allowed, static_cast<std::int64_t>(earned));
    }
    self.body_deadline_ = deadline_after(begin, std::max<std::int64_t>(allowed - self.waited_, 0));
    self.set_deadline(self.body_deadline_);
  }
  co_await request_fill{stream_access::core(self.stream_), self};
  self.body_deadline_ = never;
  self.no_deadline();
  if (self.writing_ || self.sending_in_background_) self.begin_sending();
  self.waited_ += self.loop_.recent_time() - begin;
  const bool late = std::exchange(self.expired_, false);
  if (late && self.stream_.buffered().empty()) {
    self.closing_ = self.body_lost_ = true;
    throw http_error{408, "The body came too slowly."};
  }
}

/// What the handler has left of the body.
task<> server_connection::pass_over_body(server_connection& self) {
  std::uint64_t dropped = 0;
  try {
    while (std::optional<std::string_view> piece = co_await next_piece(self)) {
      dropped += piece->size();
      if (dropped <= self.server_.options.discard_limit) continue;
      self.closing_ = true;
      break;
    }
  } catch (const http_error&) {
    self.closing_ = true;
  }
}

}  // namespace weft::http::detail
