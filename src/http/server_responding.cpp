// What is answered, as far as it can be written at once.

#include "http/server_connection.hpp"

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "http/answer_head.hpp"
#include "http/reasons.hpp"
#include "http/requests_ahead.hpp"

namespace weft::http::detail {

namespace {

constexpr std::size_t most_copied = std::size_t{16} << 10;  ///< larger bodies are sent from where they are

void write_early_hints(workspace& to, const http::headers& fields) {
  if (to.parser.head().version != http_version::http_1_1) return;
  to.out.append(status_line(103));
  to.out.append(fields.wire());
  to.out.append("\r\n");
}

}  // namespace

void server_connection::send_early_hints(const http::headers& fields) {
  write_early_hints(*work_, fields);
  schedule();
}

void server_connection::send_early_hints(request_ahead& ahead, const http::headers& fields) {
  write_early_hints(*ahead.work, fields);
  if (ahead_->current.get() == &ahead) schedule();
}

/// @param length of the body; nullopt: chunked, or to the end of the connection.
/// @param body   what of it goes out with the head.
void server_connection::write_head(const server_response& response, std::optional<std::uint64_t> length, bool chunked,
                                   std::string_view body) {
  const http::headers& fields = response.headers();
  const managed_fields managed = fields.empty() ? managed_fields{} : managed_in(fields);
  if (managed.close || !work_->parser.persistent()) closing_ = true;
  if (server_.draining.is_set() && (!ahead_ || ahead_->begun.empty())) closing_ = true;
  if (server_.options.max_requests_per_connection != 0 && requests_ >= server_.options.max_requests_per_connection)
    closing_ = true;
  answer_framing framing{
      .line_and_fields = {}, .type = response.type_, .length = length, .chunked = chunked, .connection = {}};
  if (response.kind_ == server_response::kind::upgrade) {
    if (response.status_ == 101) framing.connection = "connection: upgrade\r\n";
  } else if (closing_) {
    framing.connection = "connection: close\r\n";
  } else if (work_->parser.head().version == http_version::http_1_0) {
    framing.connection = "connection: keep-alive\r\n";
  }
  if (response.status_ == 200 && !managed.date) [[likely]] {
    framing.line_and_fields = server_.ok_line(loop_.recent_time());
    write_answer(work_->out, fields, managed, framing, body);
  } else {
    write_status(response, managed);
    write_answer(work_->out, fields, managed, framing, body);
  }
}

/// The status line, and what belongs to every response.
void server_connection::write_status(const server_response& response, const managed_fields& managed) {
  pooled_bytes& out = work_->out;
  const std::string_view line = status_line(response.status_);
  out.append(line.empty() ? std::string_view{"HTTP/1.1 " + std::to_string(response.status_) + " \r\n"} : line);
  if (managed.date) {
    out.append("date: ");
    out.append(*response.headers().get("date"));
    out.append("\r\n");
    out.append(server_.server_field);
  } else {
    out.append(server_.common_fields(loop_.recent_time()));
  }
}

bool server_connection::respond_plainly(const server_response& response) {
  using kind = server_response::kind;
  const request_parser& parser = work_->parser;
  if (response.status_ != 200 || response.extras_ || (response.kind_ != kind::owned && response.kind_ != kind::fixed))
    return false;
  if (!parser.done() || !parser.persistent() || closing_ || server_.draining.is_set()) return false;
  const request_head& head = parser.head();
  if (head.version != http_version::http_1_1 || std::string_view{head.method} == "HEAD") return false;
  const std::size_t most_requests = server_.options.max_requests_per_connection;
  if (most_requests != 0 && requests_ >= most_requests) return false;
  const std::string_view body = response.body();
  if (body.size() > most_copied || response.type_.empty()) return false;
  write_plain_answer(work_->out, server_.ok_of_type(loop_.recent_time(), response.type_), body);
  return true;
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
      if (asks) work_->out.append("HTTP/1.1 100 Continue\r\n\r\n");
      continued_ = true;
    } else {
      // A client that was not asked for its body may send it or not.
      if (asks) closing_ = body_lost_ = true;
      if (parser.body_size().value_or(0) > body_received_ + server_.options.discard_limit) closing_ = true;
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
      const bool sends = !head && !bodiless;
      const bool copies = sends && body.size() <= most_copied;
      write_head(response, length, false, copies ? body : std::string_view{});
      return sends && !copies;
    }
    case kind::stream: {
      const std::optional<std::uint64_t> length = response.extras_->length;
      const bool chunked = !length && parser.head().version == http_version::http_1_1;
      if (!length && !chunked && !bodiless) closing_ = true;
      write_head(response, bodiless ? std::nullopt : length, chunked && !bodiless);
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
  const std::optional<std::string_view> field = response.headers().get("content-length");
  if (!field) return response.kind_ == server_response::kind::empty ? std::nullopt : std::optional<std::uint64_t>{0};
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), length);
  if (error != std::errc{} || end != field->data() + field->size()) return std::nullopt;
  return length;
}

/// An answer of the server itself. The connection ends with it.
void server_connection::refuse(int status, std::string_view why) {
  closing_ = true;
  write_error(status, why);
}

void server_connection::write_error(int status, std::string_view why) {
  if (!request_read() && !work_->parser.body_size()) closing_ = true;  // who knows how much there is to come
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

}  // namespace weft::http::detail
