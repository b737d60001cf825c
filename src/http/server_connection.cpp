#include "http/server_connection.hpp"

#include <chrono>
#include <system_error>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/http/error.hpp>

#include "http/output_write.hpp"
#include "http/proxy_protocol.hpp"
#include "http/reasons.hpp"
#include "http/request_fill.hpp"
#include "http/requests_ahead.hpp"
#include "net/stream_core.hpp"
#include "net/tls_handshake.hpp"

namespace weft::http::detail {

namespace {

using namespace std::chrono_literals;
using weft::detail::stop_pending;

constexpr auto linger_time = 2s;  ///< for a client to notice that it was refused

}  // namespace

server_connection::server_connection(server_state& server, byte_stream stream, const endpoint& peer)
    : moving_deadline{*weft::detail::this_thread_loop, server.shortest_timeout},
      server_{server},
      stream_{std::move(stream)},
      peer_{peer} {
  refused_ = server_.opened(*this);
  if (!server_.options.proxy_protocol) count_address();
}

server_connection::~server_connection() = default;

/// A client's address is not known before its proxy has told it, and over a Unix socket there is none.
void server_connection::count_address() {
  if (server_.options.max_connections_per_address == 0 || peer_ == endpoint{}) return;
  counted_ = true;
  if (server_.count_address(peer_)) refused_ = true;
}

/// Its task has ended, or has been stopped.
void server_connection::leave() noexcept {
  handling_in_ = nullptr;
  left_ = closing_ = lost_ = true;
  if (sending_in_background_) sender_.cancel();
  if (watching_) watcher_.cancel();
  if (ahead_) {
    stop_ahead();
    ahead_->begun.clear();
  }
  disarm();
  stream_.close();
  if (!sending_in_background_) release_work();
  if (counted_) server_.uncount_address(peer_);
  server_.closed(*this);
}

void server_connection::begin_handling(weft::detail::scope& in) noexcept {
  ++requests_;
  phase_ = phase::busy;
  no_deadline();
  handling_in_ = &in;
  schedule();
}

void server_connection::end_request() noexcept {
  if (ahead_) end_current();
  work_->parser.reset();
  head_bytes_ = 0;
  body_received_ = 0;
  waited_ = 0;
  continued_ = false;
  body_lost_ = false;
  choice_ = choice::by_method;
}

[[gnu::always_inline]] inline task<server_response> server_connection::handle() {
  return ahead_ && ahead_->current ? request_ahead::answer(ahead_->current) : server_.handler->handle(request_);
}

/// Lets the client read what it was answered, though it may still be sending: closing at once would reset the
/// connection, and the answer be lost. RFC 9112, section 9.6.
task<> server_connection::linger(server_connection& self) {
  self.stream_.shutdown_write();
  self.phase_ = phase::busy;
  self.deadline_in(linger_time);
  std::size_t dropped = 0;
  while (!self.stream_.at_end() && !self.expired_ && dropped <= self.server_.options.discard_limit) {
    dropped += self.stream_.buffered().size();
    self.stream_.consume(self.stream_.buffered().size());
    co_await request_fill{stream_access::core(self.stream_), self};
  }
}

/// @param next gets what another protocol is left to, which goes on without all that a request needs.
task<> server_connection::serve_requests(server_connection& self, std::unique_ptr<successor>& next) {
  handler_call call;
  bool late = false;
  while (!self.closing_) {
    const found what = self.read_head();
    if (what == found::nothing) {
      // What had come by then counts: the loop may have been the slow one.
      if (late && self.head_bytes_ == 0) co_return;
      if (late && self.phase_ == phase::head) {
        self.refuse(408, "The request came too slowly.");
        continue;
      }
      if (!self.work_->out.empty()) {
        const raised writing{self.writing_};
        co_await output_write{stream_access::core(self.stream_), self, self.work_->out.view()};
        self.work_->out.cut(0);
      }
      if (stream_access::core(self.stream_).at_end) co_return;
      self.begin_waiting();
      co_await request_fill{stream_access::core(self.stream_), self};
      late = std::exchange(self.expired_, false);
      continue;
    }
    if (what == found::refusal) break;
    late = false;

    bool more = false;
    try {
      call.adopt(self.handle());
    } catch (...) {
      self.respond_to_error(std::current_exception());
      self.end_request();
      continue;
    }
    self.begin_handling(call);
    handler_call::outcome* const outcome = co_await call;
    self.handling_in_ = nullptr;
    if (self.watching_ || self.sending_in_background_) co_await end_helpers(self);
    if (outcome == nullptr) {
      const bool stopping = co_await stop_pending{};
      if (stopping) co_await weft::detail::pass_stop{};
      co_return;  // the client has gone
    }
    if (outcome->has_error()) {
      self.respond_to_error(outcome->error());
    } else if (!self.lost_ && !self.respond_plainly(outcome->value())) {
      more = self.respond(outcome->value());
    }
    if (self.lost_) co_return;
    if (more) {
      server_response& response = outcome->value();
      if (response.kind_ == server_response::kind::stream) {
        co_await send_streamed(self, response);
      } else if (response.kind_ == server_response::kind::upgrade) {
        co_await flush_output(self);
        self.give_back_taken();
        next = std::move(response.extras_->successor);
        co_return;
      } else {
        co_await send_large(self, response);
      }
      if (self.lost_) co_return;
    }
    if (outcome->has_value() && outcome->value().extras_ && !outcome->value().extras_->kept.empty()) {
      co_await flush_output(self);
    }
    call.finish();
    if (!self.request_read() && !self.closing_) co_await pass_over_body(self);
    if (self.taken_ != 0) self.give_back_taken();
    if (self.work_->out.size() > most_waiting) co_await flush_output(self);
    if (!self.closing_) self.end_request();
  }
  if (!self.work_->out.empty()) co_await flush_output(self);
  // What came after the last request is read, too, so that it does not reset the connection.
  if (!self.stream_.at_end() && !self.lost_) co_await linger(self);
}

/// Learns from the proxy whose connection this is.
task<> server_connection::read_proxy(server_connection& self) {
  self.deadline_in(self.server_.options.header_timeout);
  for (;;) {
    co_await request_fill{stream_access::core(self.stream_), self};
    const std::optional<proxy_header> header = read_proxy_header(self.stream_.buffered());
    if (header) {
      self.stream_.consume(header->size);
      if (header->client) self.peer_ = *header->client;
      self.count_address();
      break;
    }
    if (self.expired_ || self.stream_.at_end())
      throw protocol_error{"the header of the PROXY protocol is not complete"};
  }
  self.no_deadline();
}

task<> server_connection::begin_tls(server_connection& self) {
  self.stream_ = co_await weft::detail::accept_tls(stream_access::take(std::move(self.stream_)), *self.server_.tls,
                                                   self.server_.options.header_timeout);
}

/// There are too many connections already.
task<> server_connection::turn_away(server_connection& self) {
  if (self.server_.tls) co_return;  // a handshake is what an attacker would want
  std::string answer{status_line(503)};
  answer.append(self.server_.common_fields(self.loop_.recent_time()))
      .append("content-type: text/plain\r\ncontent-length: 25\r\nconnection: close\r\n\r\nToo many connections now.");
  const raised writing{self.writing_};
  self.deadline_in(linger_time);
  co_await self.stream_.write(std::string_view{answer});
  co_await linger(self);
}

/// HTTP, to its end. @param next gets what speaks another protocol then, if the client has asked for one.
task<> server_connection::serve_http(server_connection& self, std::unique_ptr<successor>& next) {
  try {
    if (self.server_.options.proxy_protocol && !self.refused_) co_await read_proxy(self);
    if (self.refused_) {
      co_await turn_away(self);
    } else {
      if (self.server_.tls) co_await begin_tls(self);
      co_await serve_requests(self, next);
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the connection broke
  } catch (const protocol_error&) {     // NOLINT(bugprone-empty-catch): the proxy does not introduce its clients
  } catch (const timeout_error&) {      // NOLINT(bugprone-empty-catch): the handshake took too long
  }
}

task<> server_connection::serve(connection_reference keep) {
  server_connection& self = *keep;
  const leaving guard{self};
  std::unique_ptr<successor> next;
  co_await serve_http(self, next);
  if (!next) co_return;
  self.no_deadline();
  self.phase_ = phase::busy;
  self.release_work();
  try {
    co_await next->serve(std::move(self.stream_), self.server_.draining);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the connection broke
  }
}

}  // namespace weft::http::detail
