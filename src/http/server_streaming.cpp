// Bodies that are written while they are sent.

#include "http/server_connection.hpp"

#include <stdexcept>
#include <utility>
#include <weft/http/writer.hpp>

#include "http/output_turn.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::stop_pending;
}  // namespace

bool server_connection::has_room() const noexcept { return lost_ ? !stops_ : work_->out.size() < most_waiting; }

bool server_connection::write_piece(std::string_view bytes) {
  if (lost_) return !stops_;
  streaming& body = *streaming_;
  if (body.left) {
    if (bytes.size() > *body.left) throw std::length_error{"a streamed body is longer than was announced"};
    *body.left -= bytes.size();
  }
  if (body.chunked) {
    write_chunk(work_->out, bytes);
  } else {
    work_->out.append(bytes);
  }
  schedule();
  return has_room();
}

task<> server_connection::write_body(server_connection& self, std::string_view bytes) {
  if (self.waiting_for_output_ != nullptr) throw std::logic_error{"two tasks write to one response at the same time"};
  bool room = self.write_piece(bytes);
  while (!room) {
    co_await output_turn{self};
    room = self.has_room();
  }
}

void server_connection::add_trailer(std::string_view name, std::string_view value) {
  if (streaming_->left) throw std::logic_error{"a body whose length was announced has no trailers"};
  streaming_->trailers.add(name, value);
}

task<> server_connection::send_streamed(server_connection& self, server_response& response) {
  streaming body;
  body.left = response.length_;
  body.chunked = !response.length_ && self.work_->parser.head().version == http_version::http_1_1;
  self.streaming_ = &body;
  if (!self.stop_was_chosen_) self.stops_ = true;
  response_writer writer{self};
  weft::detail::boundary<void> sending;
  std::exception_ptr failure;
  bool stopped = false;
  try {
    sending.adopt(response.source_->send(writer));
    self.handling_in_ = &sending;
    self.schedule();
    const std::optional<result<void>> end = co_await sending;
    stopped = !end;
    if (end) failure = end->error();
  } catch (...) {
    failure = std::current_exception();
  }
  self.handling_in_ = nullptr;
  self.streaming_ = nullptr;
  if (self.watching_ || self.sending_in_background_) co_await end_helpers(self);
  if (stopped) {
    const bool stopping = co_await stop_pending{};
    if (stopping) co_await weft::detail::pass_stop{};
  }
  if (self.lost_) co_return;
  if (!failure && !stopped && body.left.value_or(0) != 0) {
    failure = std::make_exception_ptr(std::length_error{"a streamed body is shorter than was announced"});
  }
  if (!failure && body.chunked && !stopped) {
    try {
      write_last_chunk(self.work_->out, body.trailers);
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) self.loop_.report("An HTTP response broke off", failure);
  if (failure || stopped) self.cut_off();
}

}  // namespace weft::http::detail

namespace weft::http {

task<> response_writer::write(std::string_view bytes) { return connection_->write_body(bytes); }
task<> response_writer::flush() { return connection_->flush(); }
void response_writer::trailer(std::string_view name, std::string_view value) { connection_->add_trailer(name, value); }
bool response_writer::client_gone() const noexcept { return connection_->gone(); }

}  // namespace weft::http
