#include <algorithm>
#include <string>
#include <utility>
#include <weft/http/request_parser.hpp>

#include "authority.hpp"
#include "characters.hpp"
#include "framing.hpp"

namespace weft::http {

namespace {

using detail::is_digit;
using detail::quoted;

[[noreturn, gnu::cold]] void refuse_request_line(const std::string& why, std::string_view line, int status = 400) {
  throw protocol_error{why + " in the request line: " + quoted(line), status};
}

// RFC 9112, section 3.2.
bool is_target_of(std::string_view method, std::string_view target) noexcept {
  if (method == "CONNECT") return detail::is_authority(target, true);
  if (target.front() == '/') return true;
  if (target == "*") return method == "OPTIONS";
  const auto scheme_end = std::ranges::find_if_not(
      target, [](char c) { return detail::is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
  return detail::is_letter(target.front()) && std::string_view{scheme_end, target.end()}.starts_with("://");
}

/// The byte of `text` that no target has: it is all printable ASCII, and a fragment is never sent.
const char* find_bad_target_byte(std::string_view text) noexcept {
  return std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f || c == '#';
  });
}

}  // namespace

request_parser::request_parser(const parser_limits& limits) : reader_{limits} { reset(); }

void request_parser::reset() noexcept {
  reader_.reset();
  head_.method.clear();
  head_.target.clear();
  head_.version = http_version::http_1_1;
  trailers_.clear();
  body_size_ = 0;
  state_ = state::request_line;
  started_ = false;
  skipped_line_ = false;
  persistent_ = false;
  wants_upgrade_ = false;
  expects_continue_ = false;
}

request_head request_parser::take_head() noexcept {
  judged_.made = false;
  return std::exchange(head_, {});
}

std::optional<parser_event> request_parser::next(std::string_view& input) {
  if (state_ == state::failed) throw protocol_error{"this request was refused before"};
  try {
    return advance(input);
  } catch (...) {
    // A field section that was refused halfway is in no state to be looked at.
    state_ = state::failed;
    head_.headers.clear();
    judged_.made = false;
    trailers_.clear();
    throw;
  }
}

std::optional<parser_event> request_parser::advance(std::string_view& input) {
  switch (state_) {
    case state::request_line: {
      std::optional<std::string_view> line = reader_.start_line(input);
      if (line && line->empty() && !skipped_line_) {
        skipped_line_ = true;
        line = reader_.start_line(input);
      }
      const std::string_view begin = line ? *line : reader_.pending();
      started_ = line || !(begin.empty() || begin == "\r");
      judge_beginning(begin, line.has_value());
      if (!line) return std::nullopt;
      read_request_line(*line);
      state_ = state::fields;
      if (take_same_fields(input)) return end_of_head();
      head_.headers.clear();
      judged_.made = false;
      [[fallthrough]];
    }
    case state::fields:
      if (!reader_.fields(input, head_.headers)) return std::nullopt;
      judge_fields();
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

/// What is no HTTP (a TLS client, for one) may never send a line's end: its first bytes tell.
void request_parser::judge_beginning(std::string_view line, bool whole) const {
  const auto method_end = std::ranges::find_if_not(line, detail::is_token_byte);
  if (method_end == line.end() ? !whole : method_end != line.begin() && *method_end == ' ') return;
  if (!whole && !skipped_line_ && line == "\r") return;
  throw protocol_error{"not an HTTP request: begins with " + quoted(line)};
}

// request-line = method SP request-target SP HTTP-version
void request_parser::read_request_line(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.find(' ', method_end + 1);
  if (target_end == line.npos) refuse_request_line("no HTTP version", line);
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);

  if (target.empty()) refuse_request_line("no target", line);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' ||
      !is_digit(version[7]))
    refuse_request_line("bad HTTP version", line);
  if (version[5] != '1') throw protocol_error{"unsupported HTTP version: " + quoted(version), 505};
  if (const char* const bad = find_bad_target_byte(target); bad != target.end())
    refuse_request_line("byte " + detail::shown(*bad) + " in the target", line);
  if (!is_target_of(method, target)) refuse_request_line("bad target for this method", line);

  head_.method.assign(method);
  head_.target.assign(target);
  head_.version = version[7] == '0' ? http_version::http_1_0 : http_version::http_1_1;
}

/// A client says mostly the same on one connection. Fields that lie in one piece of input, and are those of the request
/// before, byte by byte, need not be read and judged again.
bool request_parser::take_same_fields(std::string_view& input) noexcept {
  const std::string_view before = head_.headers.wire();
  if (!judged_.made || judged_.version != head_.version) return false;
  if (!input.starts_with(before) || !input.substr(before.size()).starts_with("\r\n")) return false;
  input.remove_prefix(before.size() + 2);
  return true;
}

void request_parser::judge_fields() {
  const detail::framing framing = detail::read_framing(head_.headers, head_.version);
  if (framing.hosts > 1) throw protocol_error{"more than one Host in the header fields"};
  if (framing.hosts == 0 && head_.version == http_version::http_1_1)
    throw protocol_error{"no Host in the header fields of an HTTP/1.1 request"};
  if (framing.hosts == 1 && !detail::is_authority(framing.host, false))
    throw protocol_error{"bad Host " + quoted(framing.host)};
  const bool is_1_1 = head_.version == http_version::http_1_1;
  judged_ = {.content_length = framing.content_length,
             .version = head_.version,
             .made = true,
             .chunked = framing.chunked,
             .persistent = framing.persistent,
             .upgrade = framing.upgrade && is_1_1,
             .expects_continue = framing.expects_continue && is_1_1};
}

parser_event request_parser::end_of_head() {
  const bool connect = head_.method == "CONNECT";
  if (connect && (judged_.chunked || judged_.content_length.value_or(0) != 0))
    throw protocol_error{"CONNECT request with a body"};
  state_ = state::body;
  persistent_ = judged_.persistent && !connect;
  wants_upgrade_ = judged_.upgrade;
  expects_continue_ = judged_.expects_continue;
  body_size_ = judged_.content_length.value_or(0);
  if (judged_.chunked) {
    body_size_.reset();
    reader_.begin_chunked_body();
  } else if (judged_.content_length) {
    reader_.begin_sized_body(*judged_.content_length);
  } else {
    reader_.begin_empty_body();
  }
  return {message_part::head, {}};
}

void request_parser::finish() {
  switch (state_) {
    case state::done:
      return;
    case state::failed:
      throw protocol_error{"this request was refused before"};
    case state::request_line:
      if (!started_) return;
      state_ = state::failed;
      throw truncated_error{"the connection ended in the middle of the request line: " + quoted(reader_.pending())};
    case state::fields:
      state_ = state::failed;
      throw truncated_error{"the connection ended in the middle of the header fields, after " +
                            std::to_string(head_.headers.size()) + " of them"};
    case state::body:
      state_ = state::failed;
      reader_.finish_body();
      state_ = state::done;
      return;
  }
}

}  // namespace weft::http
