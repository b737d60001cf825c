#include <string>
#include <utility>
#include <weft/http/response_parser.hpp>

#include "characters.hpp"
#include "framing.hpp"

namespace weft::http {

namespace {

constexpr std::string_view protocol_name = "HTTP/";

[[noreturn, gnu::cold]] void refuse_status_line(std::string_view line) {
  throw protocol_error{"bad status line: " + detail::quoted(line)};
}

}  // namespace

response_parser::response_parser(std::string_view request_method, const parser_limits& limits) : reader_{limits} {
  reset(request_method);
}

void response_parser::reset(std::string_view request_method) noexcept {
  reader_.reset();
  head_.version = http_version::http_1_1;
  head_.status = 0;
  head_.reason.clear();
  head_.headers.clear();
  trailers_.clear();
  interim_heads_ = 0;
  state_ = state::status_line;
  to_head_ = request_method == "HEAD";
  to_connect_ = request_method == "CONNECT";
  started_ = false;
  persistent_ = false;
  upgraded_ = false;
}

response_head response_parser::take_head() noexcept { return std::exchange(head_, {}); }

std::optional<parser_event> response_parser::next(std::string_view& input) {
  if (state_ == state::failed) throw protocol_error{"this response was refused before"};
  try {
    return advance(input);
  } catch (...) {
    // A field section that was refused halfway is in no state to be looked at.
    state_ = state::failed;
    head_.headers.clear();
    trailers_.clear();
    throw;
  }
}

std::optional<parser_event> response_parser::advance(std::string_view& input) {
  switch (state_) {
    case state::status_line: {
      if (input.empty()) return std::nullopt;
      started_ = true;
      const std::optional<std::string_view> line = reader_.start_line(input);
      // Judged as soon as it differs: what is no HTTP may never send a line's end.
      const std::string_view begin = line ? *line : reader_.pending();
      if (!begin.starts_with(protocol_name.substr(0, line ? protocol_name.npos : begin.size())))
        throw protocol_error{"not an HTTP response: begins with " + detail::quoted(begin)};
      if (!line) return std::nullopt;
      read_status_line(*line);
      state_ = state::fields;
      [[fallthrough]];
    }
    case state::fields:
      if (!reader_.fields(input, head_.headers)) return std::nullopt;
      return end_of_head();

    case state::body: {
      const std::optional<parser_event> event = reader_.body(input, trailers_);
      if (event && event->part == message_part::end) state_ = state::done;
      return event;
    }
    case state::done:
    case state::failed:
      break;
  }
  return std::nullopt;
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ]
void response_parser::read_status_line(std::string_view line) {
  using detail::is_digit;
  if (line.size() < 8 || !is_digit(line[5]) || line[6] != '.' || !is_digit(line[7])) refuse_status_line(line);
  if (line[5] != '1') throw protocol_error{"unsupported HTTP version: " + detail::quoted(line.substr(0, 8)), 505};
  if (line.size() < 12 || line[8] != ' ' || line[9] < '1' || line[9] > '9' || !is_digit(line[10]) ||
      !is_digit(line[11]))
    refuse_status_line(line);
  // The space after the code is required even without a reason, but left out so often that clients put up with it.
  if (line.size() > 12 && line[12] != ' ') refuse_status_line(line);
  const std::string_view reason = line.substr(line.size() > 12 ? 13 : 12);
  for (const char c : reason) {
    if (detail::is_forbidden_control(c))
      throw protocol_error{"control byte " + detail::shown(c) + " in the status line: " + detail::quoted(line)};
  }

  head_.version = line[7] == '0' ? http_version::http_1_0 : http_version::http_1_1;
  head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  head_.reason.assign(reason);
  head_.headers.clear();
}

// RFC 9112, section 6.3: where the body ends.
parser_event response_parser::end_of_head() {
  const int status = head_.status;
  if (status < 200 && status != 101) {
    if (++interim_heads_ > reader_.limits().interim_heads) {
      throw protocol_error{"more than " + std::to_string(reader_.limits().interim_heads) +
                           " interim responses before the final one"};
    }
    reader_.reset();
    state_ = state::status_line;
    return {message_part::interim_head, {}};
  }

  state_ = state::body;
  upgraded_ = status == 101 || (to_connect_ && status < 300);
  if (upgraded_) {
    // Lengths and codings in such a head mean nothing and are not even judged.
    reader_.begin_empty_body();
    return {message_part::head, {}};
  }

  const detail::framing framing = detail::read_framing(head_.headers, head_.version);
  persistent_ = framing.persistent;
  if (to_head_ || status == 204 || status == 304) {
    reader_.begin_empty_body();
  } else if (framing.chunked) {
    reader_.begin_chunked_body();
  } else if (framing.content_length) {
    reader_.begin_sized_body(*framing.content_length);
  } else {
    reader_.begin_body_until_close();
    persistent_ = false;
  }
  return {message_part::head, {}};
}

void response_parser::finish() {
  switch (state_) {
    case state::done:
      return;
    case state::failed:
      throw protocol_error{"this response was refused before"};
    case state::status_line:
      state_ = state::failed;
      if (!started_) throw truncated_error{"the connection ended before a response began"};
      if (reader_.pending().empty())
        throw truncated_error{"the connection ended after an interim response, before the final one"};
      throw truncated_error{"the connection ended in the middle of the status line: " +
                            detail::quoted(reader_.pending())};
    case state::fields:
      state_ = state::failed;
      throw truncated_error{"the connection ended in the middle of the header fields, after " +
                            std::to_string(head_.headers.size()) + " of them"};
    case state::body:
      state_ = state::failed;
      reader_.finish_body();
      state_ = state::done;
      persistent_ = false;
      return;
  }
}

}  // namespace weft::http
