// Bodies that are written while they are sent.

#include "http/server_connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <weft/core/thread_pool.hpp>
#include <weft/http/writer.hpp>

#include "http/file_pages.hpp"
#include "http/output_turn.hpp"
#include "net/send_file.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::stop_pending;

void write_chunk_begin(pooled_bytes& out, std::uint64_t size) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
  out.append("\r\n");
}

constexpr std::size_t least_without_copy = std::size_t{32} << 10;  ///< of a file; less is better read and sent at once
constexpr std::size_t largest_copy = std::size_t{256} << 10;
constexpr std::size_t largest_piece = std::size_t{1} << 20;  ///< that is sent before others have their turn

}  // namespace

bool server_connection::has_room() const noexcept { return lost_ ? !stops() : work_->out.size() < most_waiting; }

/// Part of what was announced, if anything was.
void server_connection::count_body(std::uint64_t size) {
  std::optional<std::uint64_t>& left = streaming_->left;
  if (!left) return;
  if (size > *left) throw std::length_error{"a streamed body is longer than was announced"};
  *left -= size;
}

bool server_connection::write_piece(std::string_view bytes) {
  if (lost_) return !stops();
  count_body(bytes.size());
  pooled_bytes& out = work_->out;
  const bool chunked = streaming_->chunked && !bytes.empty();
  if (chunked) write_chunk_begin(out, bytes.size());
  out.append(bytes);
  if (chunked) out.append("\r\n");
  schedule();
  return has_room();
}

task<> server_connection::wait_for_room(server_connection& self) {
  while (!self.has_room()) co_await output_turn{self};
}

task<> server_connection::write_body(server_connection& self, std::string_view bytes) {
  if (self.waiting_for_output_ != nullptr) throw std::logic_error{"two tasks write to one response at the same time"};
  if (!self.write_piece(bytes)) co_await wait_for_room(self);
}

/// As much of a file as goes without a copy; 0 if the client has gone.
task<std::size_t> server_connection::send_from_file(server_connection& self, int file, std::uint64_t offset,
                                                    std::size_t size) {
  try {
    co_await flush_output(self);
    if (self.lost_) co_return std::size_t{0};
    const raised writing{self.writing_};
    self.begin_sending();
    const std::size_t sent =
        co_await weft::detail::send_file_leaf{stream_access::core(self.stream_), file, offset, size};
    self.end_sending();
    if (sent == 0) throw std::length_error{"a file became shorter while it was sent"};
    co_return sent;
  } catch (const std::system_error&) {
    self.connection_lost();
  }
  co_return std::size_t{0};
}

task<> server_connection::write_file(server_connection& self, int file, std::uint64_t offset, std::uint64_t size) {
  if (self.waiting_for_output_ != nullptr) throw std::logic_error{"two tasks write to one response at the same time"};
  self.count_body(size);
  const bool chunked = self.streaming_->chunked && size != 0;
  if (chunked) write_chunk_begin(self.work_->out, size);
  std::string text;
  while (size != 0) {
    co_await wait_for_room(self);
    if (self.lost_) co_return;
    auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, largest_piece));
    if (piece >= least_without_copy && stream_access::core(self.stream_).sends_files() &&
        lies_in_memory(file, offset, piece)) {
      piece = co_await send_from_file(self, file, offset, piece);
    } else {
      piece = std::min(piece, largest_copy);
      co_await to_thread(read_piece, file, offset, piece, std::ref(text));
      if (text.empty()) throw std::length_error{"a file became shorter while it was sent"};
      piece = text.size();
      if (self.lost_) continue;
      self.work_->out.append(text);
      self.schedule();
    }
    offset += piece;
    size -= piece;
  }
  if (chunked) self.work_->out.append("\r\n");
  co_await wait_for_room(self);
}

void server_connection::add_trailer(std::string_view name, std::string_view value) {
  if (streaming_->left) throw std::logic_error{"a body whose length was announced has no trailers"};
  streaming_->trailers.add(name, value);
}

task<> server_connection::send_streamed(server_connection& self, server_response& response) {
  streaming body;
  body.left = response.extras_->length;
  body.chunked = !body.left && self.work_->parser.head().version == http_version::http_1_1;
  self.streaming_ = &body;
  response_writer writer{self};
  weft::detail::boundary<void> sending;
  std::exception_ptr failure;
  bool stopped = false;
  try {
    sending.adopt(response.extras_->source->send(writer));
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
      std::string last;
      write_last_chunk(last, body.trailers);
      self.work_->out.append(last);
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) self.loop_.report("An HTTP response broke off", failure);
  if (failure || stopped) self.cut_off();
}

}  // namespace weft::http::detail

namespace weft::http {

task<> response_writer::write(std::string_view bytes) {
  return filter_ == nullptr ? connection_->write_body(bytes) : write_filtered(*this, bytes);
}

task<> response_writer::write_filtered(response_writer& self, std::string_view bytes) {
  if (bytes.empty()) co_return;
  std::string made;
  self.filter_->pass(bytes, false, made);
  co_await self.connection_->write_body(made);
}

task<> response_writer::write_file(int file, std::uint64_t offset, std::uint64_t size) {
  return filter_ == nullptr ? connection_->write_file(file, offset, size)
                            : write_file_filtered(*this, file, offset, size);
}

task<> response_writer::write_file_filtered(response_writer& self, int file, std::uint64_t offset, std::uint64_t size) {
  std::string text;
  while (size != 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, detail::largest_copy));
    co_await to_thread(detail::read_piece, file, offset, piece, std::ref(text));
    if (text.empty()) throw std::length_error{"a file became shorter while it was sent"};
    offset += text.size();
    size -= text.size();
    co_await write_filtered(self, text);
  }
}

task<> response_writer::flush() { return connection_->flush(); }
void response_writer::trailer(std::string_view name, std::string_view value) { connection_->add_trailer(name, value); }
bool response_writer::client_gone() const noexcept { return connection_->gone(); }

}  // namespace weft::http
