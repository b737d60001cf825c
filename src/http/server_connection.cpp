#include "http/server_connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/core/sleep.hpp>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>

#include "http/characters.hpp"
#include "http/proxy_protocol.hpp"
#include "http/reasons.hpp"
#include "net/stream_core.hpp"
#include "net/tls_handshake.hpp"

namespace weft::http::detail {

namespace {

using namespace std::chrono_literals;
using weft::detail::deadline_after;
using weft::detail::never;
using weft::detail::stop_pending;

constexpr std::size_t most_copied = std::size_t{16} << 10;   ///< larger bodies are sent from where they are
constexpr std::size_t most_waiting = std::size_t{64} << 10;  ///< of output, before its writer has to wait
constexpr std::size_t most_ahead = std::size_t{64} << 10;    ///< of requests that are read while a handler runs
constexpr auto drain_grace = 250ms;  ///< for a request that is on its way when the server begins to drain
constexpr auto linger_time = 2s;     ///< for a client to notice that it was refused

/// Reads more, until the connection says that it takes too long.
class request_fill final : public weft::detail::fill_leaf {
 public:
  request_fill(weft::detail::stream_core& stream, const server_connection& connection) noexcept
      : fill_leaf{stream}, connection_{&connection} {}
  const char* describe() const noexcept override { return "http::server"; }

 private:
  bool attempt() noexcept override { return connection_->interrupted() || fill_leaf::attempt(); }
  const server_connection* connection_;
};

/// A flag that is true for a while.
class raised {
 public:
  explicit raised(bool& flag) noexcept : flag_{flag} { flag_ = true; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;
  ~raised() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace

/// Waits until something has changed about the output.
class output_turn final : public weft::detail::leaf {
 public:
  explicit output_turn(server_connection& connection) noexcept : connection_{connection} {}
  bool await_ready() const noexcept { return false; }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    connection_.waiting_for_output_ = this;
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "http::server"; }

 private:
  void withdraw() noexcept override { connection_.waiting_for_output_ = nullptr; }
  server_connection& connection_;
};

server_connection::server_connection(server_state& server, byte_stream stream, const endpoint& peer)
    : server_{server}, stream_{std::move(stream)}, loop_{*weft::detail::this_thread_loop}, peer_{peer} {
  refused_ = server_.opened(*this);
  if (!server_.options.proxy_protocol) count_address();
}

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
  if (armed()) loop_.disarm(*this);
  stream_.close();
  if (work_ != nullptr && !sending_in_background_) server_.give_back(std::exchange(work_, nullptr));
  if (counted_) server_.uncount_address(peer_);
  server_.closed(*this);
}

// ---- helpers --------------------------------------------------------------------------------------------------------

/// Says that a helper is there, for as long as the helper is.
class helper_mark {
 public:
  helper_mark(server_connection& of, bool& mark) noexcept : of_{&of}, mark_{&mark} {
    of.retain();
    mark = true;
  }
  helper_mark(helper_mark&& other) noexcept : of_{std::exchange(other.of_, nullptr)}, mark_{other.mark_} {}
  helper_mark& operator=(helper_mark&&) = delete;
  ~helper_mark() {
    if (of_ == nullptr) return;
    *mark_ = false;
    of_->helper_ended();
    of_->release();
  }

 private:
  server_connection* of_;
  bool* mark_;
};

void server_connection::schedule() noexcept {
  if (std::exchange(queued_, true)) return;
  retain();
  loop_.push(*this);
}

void* server_connection::run() noexcept {
  queued_ = false;
  if (handling_in_ != nullptr && !lost_) {
    if (!work_->out.empty() && !writing_ && !sending_in_background_) {
      sender_ = server_.helpers.create_task(send_in_background(*this, helper_mark{*this, sending_in_background_}));
    }
    if (request_read() && !watching_ && !gone_ && !ended_) {
      watcher_ = server_.helpers.create_task(watch_client(*this, helper_mark{*this, watching_}));
    }
  }
  release();
  return nullptr;
}

void server_connection::wake_output() noexcept {
  if (waiting_for_output_ != nullptr) std::exchange(waiting_for_output_, nullptr)->wake();
}

void server_connection::helper_ended() noexcept {
  wake_output();
  if (left_ && !sending_in_background_ && work_ != nullptr) server_.give_back(std::exchange(work_, nullptr));
}

task<> server_connection::send_in_background(server_connection& self, helper_mark) {
  std::string& sending = self.work_->sending;
  try {
    while (!self.work_->out.empty() && !self.lost_) {
      sending.clear();
      std::swap(sending, self.work_->out);
      self.wake_output();
      self.begin_sending();
      co_await self.stream_.write(std::string_view{sending});
      self.end_sending();
    }
  } catch (const std::system_error&) {
    self.connection_lost();
  }
  sending.clear();
}

/// Reads ahead, to notice when the client goes away.
task<> server_connection::watch_client(server_connection& self, helper_mark) {
  try {
    while (self.stream_.buffered().size() - self.taken_ < most_ahead) {
      co_await request_fill{stream_access::core(self.stream_), self};
      if (!self.stream_.at_end()) continue;
      // The other half may follow, and nothing tells of that while nothing is sent.
      while (!self.hung_up()) co_await sleep(1s);
      break;
    }
    if (!self.stream_.at_end()) co_return;
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): it was reset
  }
  self.connection_lost();
}

/// After the end of what the client sends: it takes nothing any more either.
bool server_connection::hung_up() noexcept {
  ended_ = true;
  if (server_.options.end_means_gone) return true;
  pollfd state{.fd = stream_.native_handle(), .events = 0, .revents = 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

task<> server_connection::end_helpers(server_connection& self) {
  if (self.watching_) self.watcher_.cancel();
  while (self.watching_ || self.sending_in_background_) co_await output_turn{self};
}

/// The client has gone.
void server_connection::connection_lost() noexcept {
  gone_ = lost_ = true;
  if (handling_in_ != nullptr && stops_) handling_in_->request_stop();
  wake_output();
}

void server_connection::stop_when_gone(bool stops) noexcept {
  stops_ = stops;
  stop_was_chosen_ = true;
  if (stops && gone_ && handling_in_ != nullptr) handling_in_->request_stop();
}

// ---- time -----------------------------------------------------------------------------------------------------------

/// Moves the deadline. The timer is armed for the shortest time that may be wanted at most, and looks at the deadline
/// then: so hardly any request arms it.
void server_connection::set_deadline(std::int64_t at) noexcept {
  deadline_ = at;
  if (at >= fires_at_) return;
  if (armed()) loop_.disarm(*this);
  fires_at_ = std::min(at, deadline_after(loop_.recent_time(), server_.shortest_timeout));
  loop_.arm(*this, fires_at_);
}

void server_connection::deadline_in(std::chrono::nanoseconds time) noexcept {
  set_deadline(time.count() > 0 ? deadline_after(loop_.recent_time(), time.count()) : never);
}

void server_connection::fired() noexcept {
  fires_at_ = never;
  if (deadline_ == never) return;
  if (loop_.now() < deadline_) return set_deadline(deadline_);
  deadline_ = never;
  if (writing_ || sending_in_background_) return look_at_sending();
  expired_ = true;
  weft::detail::io_watch& watch = stream_access::core(stream_).watch;
  if (weft::detail::leaf* const reader = watch.take_waiter(watch.reader)) reader->wake();
}

void server_connection::begin_sending() noexcept {
  sent_before_.reset();
  deadline_in(server_.options.send_timeout / 2);
}

void server_connection::end_sending() noexcept {
  no_deadline();
  if (body_deadline_ != never) set_deadline(body_deadline_);
}

/// Half of the time for sending has passed: the client must have taken enough since the half before.
void server_connection::look_at_sending() noexcept {
  const std::chrono::nanoseconds half = server_.options.send_timeout / 2;
  const sending_progress now = sending_progress::of(stream_.native_handle());
  if (sent_before_) {
    const auto least = static_cast<std::uint64_t>(static_cast<double>(server_.options.min_send_rate) *
                                                  std::chrono::duration<double>{half}.count());
    const bool counted = now.taken != 0;
    const bool enough = counted ? now.taken - sent_before_->taken >= std::max<std::uint64_t>(least, 1)
                                : now.queued != sent_before_->queued;
    if (!enough) {
      reset();  // the kernel would keep what is queued, for a client that may never take it
      return;
    }
  }
  sent_before_ = now;
  deadline_in(half);
}

void server_connection::begin_to_drain() noexcept {
  if (phase_ != phase::idle) return;
  set_deadline(std::min(deadline_, deadline_after(idle_since_, std::chrono::nanoseconds{drain_grace}.count())));
}

/// About to wait for a request, or for the rest of its head.
void server_connection::begin_waiting() noexcept {
  const std::int64_t now = loop_.recent_time();
  if (head_bytes_ == 0) {
    server_.give_back(std::exchange(work_, nullptr));
    phase_ = phase::idle;
    idle_since_ = now;
    deadline_in(server_.draining.is_set() ? drain_grace
                : requests_ == 0          ? server_.options.header_timeout
                                          : server_.options.idle_timeout);
  } else if (phase_ != phase::head) {
    phase_ = phase::head;
    deadline_in(server_.options.header_timeout);
  }
}

// ---- reading --------------------------------------------------------------------------------------------------------

void server_connection::give_back_taken() { stream_.consume(std::exchange(taken_, 0)); }

server_connection::found server_connection::read_head() {
  if (work_ == nullptr) work_ = server_.take_workspace();
  request_parser& parser = work_->parser;
  const std::string_view before = stream_.buffered();
  std::string_view input = before;
  try {
    const bool head = parser.next(input).has_value();
    if (head && !parser.has_body()) parser.next(input);
    stream_.consume(before.size() - input.size());
    head_bytes_ += before.size() - input.size();
    if (head) return found::head;
    if (stream_.at_end() && parser.started()) parser.finish();
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
      self.closing_ = self.lingers_ = self.body_lost_ = true;
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
      self.work_->out += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    if (!self.work_->out.empty()) co_await self.flush();
    co_await fill_body(self);
  }
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
  {
    const raised reading{self.reading_body_};
    co_await request_fill{stream_access::core(self.stream_), self};
  }
  self.body_deadline_ = never;
  if (self.writing_ || self.sending_in_background_) {
    self.begin_sending();
  } else {
    self.no_deadline();
  }
  self.waited_ += self.loop_.recent_time() - begin;
  if (self.expired_) {
    self.closing_ = self.lingers_ = self.body_lost_ = true;
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
      self.closing_ = self.lingers_ = true;
      break;
    }
  } catch (const http_error&) {
    self.closing_ = true;
  }
}

void server_connection::send_early_hints(const http::headers& fields) {
  if (work_->parser.head().version != http_version::http_1_1) return;
  work_->out.append(status_line(103)).append(fields.wire()).append("\r\n");
  schedule();
}

// ---- responses ------------------------------------------------------------------------------------------------------

namespace {

struct managed_fields {
  bool any = false;
  bool content_type = false;
  bool date = false;
  bool close = false;
};

bool is_managed(std::string_view name) noexcept {
  return (name.size() == 4 && equal_ignoring_case(name, "date")) ||
         (name.size() == 10 && (equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive"))) ||
         (name.size() == 14 && equal_ignoring_case(name, "content-length")) ||
         (name.size() == 17 && equal_ignoring_case(name, "transfer-encoding"));
}

managed_fields managed_in(const http::headers& fields) noexcept {
  managed_fields found;
  for (const auto [name, value] : fields) {
    if (name.size() == 12 && equal_ignoring_case(name, "content-type")) found.content_type = true;
    if (!is_managed(name)) continue;
    found.any = true;
    found.date = found.date || name.size() == 4;
    found.close = found.close || (name.size() == 10 && equal_ignoring_case(value, "close"));
  }
  return found;
}

/// Collects small pieces, and appends them together.
class head_builder {
 public:
  explicit head_builder(std::string& out) noexcept : out_{out} {}
  head_builder(const head_builder&) = delete;
  head_builder& operator=(const head_builder&) = delete;
  ~head_builder() { out_.append(held_.data(), size_); }

  head_builder& add(std::string_view text) {
    if (text.size() > held_.size() - size_) [[unlikely]]
      return add_long(text);
    std::memcpy(held_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  head_builder& number(std::uint64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

 private:
  [[gnu::noinline]] head_builder& add_long(std::string_view text) {
    out_.append(held_.data(), size_);
    size_ = 0;
    out_.append(text);
    return *this;
  }

  std::string& out_;
  std::size_t size_ = 0;
  std::array<char, 512> held_;
};

}  // namespace

/// @param length of the body; nullopt: chunked, or to the end of the connection.
void server_connection::write_head(const server_response& response, std::optional<std::uint64_t> length, bool chunked) {
  const managed_fields managed = managed_in(response.headers_);
  if (managed.close || server_.draining.is_set() || !work_->parser.persistent()) closing_ = true;
  if (server_.options.max_requests_per_connection != 0 && requests_ >= server_.options.max_requests_per_connection)
    closing_ = true;

  head_builder out{work_->out};
  const std::string_view line = status_line(response.status_);
  if (!line.empty()) {
    out.add(line);
  } else {
    out.add("HTTP/1.1 ").number(static_cast<std::uint64_t>(response.status_)).add(" \r\n");
  }
  if (managed.date) {
    out.add("date: ").add(*response.headers_.get("date")).add("\r\n").add(server_.server_field);
  } else {
    out.add(server_.common_fields(loop_.recent_time()));
  }
  if (!response.type_.empty() && !managed.content_type) out.add("content-type: ").add(response.type_).add("\r\n");
  if (!managed.any) {
    out.add(response.headers_.wire());
  } else {
    for (const auto [name, value] : response.headers_)
      if (!is_managed(name)) out.add(name).add(": ").add(value).add("\r\n");
  }
  if (length) {
    out.add("content-length: ").number(*length).add("\r\n");
  } else if (chunked) {
    out.add("transfer-encoding: chunked\r\n");
  }
  if (response.kind_ == server_response::kind::upgrade) {
    if (response.status_ == 101) out.add("connection: upgrade\r\n");
  } else if (closing_) {
    out.add("connection: close\r\n");
  } else if (work_->parser.head().version == http_version::http_1_0) {
    out.add("connection: keep-alive\r\n");
  }
  out.add("\r\n");
}

bool server_connection::respond(server_response& response) {
  using kind = server_response::kind;
  const request_parser& parser = work_->parser;
  const bool head = parser.head().method == "HEAD";
  const bool bodiless = response.status_ == 204 || response.status_ == 304;
  const bool may_read = response.kind_ == kind::stream && !head && !bodiless && response.status_ < 300;
  if (!parser.done()) {
    const bool asks = parser.expects_continue() && !continued_;
    if (may_read) {
      // It is too late to ask once the response has begun.
      if (asks) work_->out += "HTTP/1.1 100 Continue\r\n\r\n";
      continued_ = true;
    } else {
      // A client that was not asked for its body may send it or not.
      if (asks) closing_ = lingers_ = body_lost_ = true;
      if (parser.body_size().value_or(0) > body_received_ + server_.options.discard_limit) closing_ = lingers_ = true;
    }
  }

  switch (response.kind_) {
    case kind::empty:
    case kind::owned:
    case kind::fixed: {
      const std::string_view body = response.body();
      std::optional<std::uint64_t> length = body.size();
      if (bodiless) length.reset();
      if (head && body.empty()) length = announced_length(response);
      write_head(response, length, false);
      if (head || bodiless) return false;
      if (body.size() > most_copied) return true;
      work_->out.append(body);
      return false;
    }
    case kind::stream: {
      const bool chunked = !response.length_ && parser.head().version == http_version::http_1_1;
      if (!response.length_ && !chunked && !bodiless) closing_ = true;
      write_head(response, bodiless ? std::nullopt : response.length_, chunked && !bodiless);
      return !head && !bodiless;
    }
    case kind::upgrade:
      write_head(response, std::nullopt, false);
      closing_ = true;
      return true;
  }
  return false;
}

/// What the response to HEAD says of the body that GET would get.
std::optional<std::uint64_t> server_connection::announced_length(const server_response& response) {
  const std::optional<std::string_view> field = response.headers_.get("content-length");
  if (!field) return response.kind_ == server_response::kind::empty ? std::nullopt : std::optional<std::uint64_t>{0};
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), length);
  if (error != std::errc{} || end != field->data() + field->size()) return std::nullopt;
  return length;
}

/// An answer of the server itself. The connection ends with it.
void server_connection::refuse(int status, std::string_view why) {
  closing_ = lingers_ = true;
  write_error(status, why);
}

void server_connection::write_error(int status, std::string_view why) {
  if (!request_read() && !work_->parser.body_size()) closing_ = lingers_ = true;  // who knows how much there is to come
  std::string text{why.empty() ? reason_of(status) : why};
  text += '\n';
  server_response response = server_response::text(std::move(text));
  response.status(status);
  respond(response);
}

void server_connection::respond_to_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const http_error& e) {
    if (e.status() >= 400 && e.status() <= 599) return write_error(e.status(), e.what());
  } catch (const std::system_error&) {
    if (gone_ || lost_) return;  // that is why
  } catch (...) {                // NOLINT(bugprone-empty-catch): reported below
  }
  if (lost_) return;
  loop_.report("An HTTP handler failed", error);
  write_error(500, {});
}

/// Sends what has been written.
task<> server_connection::flush() { return flush_output(*this); }

task<> server_connection::flush_output(server_connection& self) {
  while (self.sending_in_background_) co_await output_turn{self};
  if (self.lost_) {
    if (self.stops_ || self.handling_in_ == nullptr) {
      throw std::system_error{std::make_error_code(std::errc::connection_reset), "the HTTP client has gone"};
    }
    self.work_->out.clear();
    co_return;
  }
  if (self.work_->out.empty()) co_return;
  const raised writing{self.writing_};
  self.begin_sending();
  co_await self.stream_.write(std::string_view{self.work_->out});
  self.end_sending();
  self.work_->out.clear();
}

task<> server_connection::send_large(server_connection& self, server_response& response) {
  const std::array<std::string_view, 2> parts = {self.work_->out, response.body()};
  const raised writing{self.writing_};
  self.begin_sending();
  co_await self.stream_.write(std::span{parts});
  self.no_deadline();
  self.work_->out.clear();
}

// ---- streamed bodies ------------------------------------------------------------------------------------------------

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

/// So that the client notices that the response is not complete.
void server_connection::cut_off() noexcept {
  closing_ = lost_ = true;
  reset();
}

void server_connection::reset() noexcept {
  const ::linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(stream_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  stream_.close();
}

// ---- its whole life -------------------------------------------------------------------------------------------------

void server_connection::begin_handling(weft::detail::scope& in) noexcept {
  ++requests_;
  phase_ = phase::handling;
  no_deadline();
  const std::string& method = work_->parser.head().method;
  stops_ = method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
  handling_in_ = &in;
  schedule();
}

void server_connection::end_request() noexcept {
  work_->parser.reset();
  head_bytes_ = 0;
  body_received_ = 0;
  waited_ = 0;
  continued_ = false;
  body_lost_ = false;
  stop_was_chosen_ = false;
}

/// Lets the client read what it was answered, though it may still be sending: closing at once would reset the
/// connection, and the answer be lost. RFC 9112, section 9.6.
task<> server_connection::linger(server_connection& self) {
  self.stream_.shutdown_write();
  self.phase_ = phase::lingering;
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
  while (!self.closing_) {
    const found what = self.read_head();
    if (what == found::nothing) {
      if (!self.work_->out.empty()) {
        const raised writing{self.writing_};
        self.begin_sending();
        co_await self.stream_.write(std::string_view{self.work_->out});
        self.work_->out.clear();
      }
      if (self.stream_.at_end()) co_return;
      self.begin_waiting();
      co_await request_fill{stream_access::core(self.stream_), self};
      if (self.expired_) {
        self.expired_ = false;
        if (self.phase_ != phase::head) co_return;
        self.refuse(408, "The request came too slowly.");
      }
      continue;
    }
    if (what == found::refusal) break;

    bool more = false;
    try {
      call.adopt(self.server_.handler->handle(self.request_));
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
    } else if (!self.lost_) {
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
        next = std::move(response.successor_);
        co_return;
      } else {
        co_await send_large(self, response);
      }
      if (self.lost_) co_return;
    }
    if (outcome->has_value() && !outcome->value().kept_.empty()) co_await flush_output(self);
    call.finish();
    if (!self.request_read() && !self.closing_) co_await pass_over_body(self);
    self.give_back_taken();
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

task<> server_connection::serve(connection_reference keep) {
  server_connection& self = *keep;
  const leaving guard{self};
  std::unique_ptr<successor> next;
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
  if (!next) co_return;
  self.no_deadline();
  self.phase_ = phase::handling;
  self.server_.give_back(std::exchange(self.work_, nullptr));
  try {
    co_await next->serve(std::move(self.stream_), self.server_.draining);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the connection broke
  }
}

}  // namespace weft::http::detail

namespace weft::http {

task<> response_writer::write(std::string_view bytes) { return connection_->write_body(bytes); }
task<> response_writer::flush() { return connection_->flush(); }
void response_writer::trailer(std::string_view name, std::string_view value) { connection_->add_trailer(name, value); }
bool response_writer::client_gone() const noexcept { return connection_->gone(); }

}  // namespace weft::http
