#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <weft/http/request_parser.hpp>

#include "authority.hpp"
#include "characters.hpp"
#include "framing.hpp"
#include "same_bytes.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weft::http {

namespace {

using detail::is_digit;
using detail::quoted;

constexpr std::size_t most_kept_of_fields = std::size_t{16} << 10;  ///< from one request to the next

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

/// A target is printable ASCII, and a fragment is never sent.
bool is_target_byte(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && c != '#';
}

/// The first byte that no target has.
inline const char* find_target_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i first = _mm_set1_epi8(0x21);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i fragment = _mm_set1_epi8('#');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i bad = _mm_or_si128(_mm_cmplt_epi8(bytes, first),  // bytes above 0x7f are negative
                                     _mm_or_si128(_mm_cmpeq_epi8(bytes, del), _mm_cmpeq_epi8(bytes, fragment)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(bad));
    if (found != 0) return at + std::countr_zero(found);
  }
#endif
  while (at != end && is_target_byte(*at)) ++at;
  return at;
}

/// Gives the memory back too: it may be much.
void release(headers& fields) noexcept {
  headers gone;  // to assign an empty one would not do
  std::swap(gone, fields);
}

}  // namespace

request_parser::request_parser(const parser_limits& limits) : reader_{limits} { reset(); }

/// What a request leaves behind unless it was a plain one.
void request_parser::forget() noexcept {
  reader_.reset();
  if (head_.headers.wire().size() > most_kept_of_fields) {
    release(head_.headers);
    judged_.made = false;
  }
  if (trailers_.wire().size() > most_kept_of_fields) release(trailers_);
  trailers_.clear();
  skipped_line_ = false;
}

request_head request_parser::take_head() noexcept {
  judged_.made = false;
  path_size_ = 1;
  return std::exchange(head_, {});
}

/// The request line as nearly all clients send it, if all of it is there: a path, and HTTP/1.1. Everything else, right
/// or wrong, is for read_request_line().
[[gnu::always_inline]] inline bool request_parser::take_common_line(std::string_view& input) {
  constexpr std::string_view get = "GET";
  constexpr std::string_view tail = " HTTP/1.1\r\n";
  if (!reader_.at_line_begin() || skipped_line_) return false;
  const char* const begin = input.data();
  const char* const end = begin + input.size();
  const char* method_end = begin;
  if (input.starts_with("GET /")) [[likely]] {
    method_end += get.size();
  } else {
    while (method_end != end && *method_end >= 'A' && *method_end <= 'Z') ++method_end;
    if (method_end == begin || end - method_end < 2 || method_end[0] != ' ' || method_end[1] != '/') return false;
    if (std::string_view{begin, method_end} == "CONNECT") return false;
  }
  const char* const target_end = find_target_end(method_end + 1, end);
  if (static_cast<std::size_t>(end - target_end) < tail.size()) return false;
  if (std::memcmp(target_end, tail.data(), tail.size()) != 0) return false;
  const auto line_size = static_cast<std::size_t>(target_end - begin) + tail.size() - 2;
  if (line_size > reader_.limits().start_line) return false;
  const std::string_view method{begin, method_end};
  const std::string_view target{method_end + 1, target_end};
  if (!detail::same_bytes(head_.method, method)) head_.method.assign(method);
  if (!detail::same_bytes(head_.target, target)) set_target(target);
  head_.version = http_version::http_1_1;
  started_ = true;
  input.remove_prefix(line_size + 2);
  return true;
}

/// A client says mostly the same on one connection. Fields that lie in one piece of input, and are those of the request
/// before, byte by byte, need not be read and judged again.
[[gnu::always_inline]] inline bool request_parser::take_same_fields(std::string_view& input) noexcept {
  const std::string_view before = head_.headers.wire();
  const std::size_t size = before.size();
  if (!judged_.made || judged_.version != head_.version || input.size() < size + 2) return false;
  if (input[size] != '\r' || input[size + 1] != '\n') return false;
  if (std::memcmp(input.data(), before.data(), size) != 0) return false;
  input.remove_prefix(size + 2);
  return true;
}

std::optional<parser_event> request_parser::next(std::string_view& input) {
  const bool has_line = state_ == state::request_line && take_common_line(input);
  if (has_line && judged_.plain && take_same_fields(input)) [[likely]] {
    state_ = state::body;
    body_size_ = 0;
    persistent_ = judged_.persistent;
    wants_upgrade_ = judged_.upgrade;
    expects_continue_ = judged_.expects_continue;
    return std::optional<parser_event>{std::in_place, message_part::head, std::string_view{}};
  }
  if (state_ == state::body && body_size_ == 0) {
    state_ = state::done;
    return parser_event{message_part::end, {}};
  }
  plain_ = false;
  if (state_ == state::failed) throw protocol_error{"this request was refused before"};
  try {
    return has_line ? advance_to_fields(input) : advance(input);
  } catch (...) {
    // A field section that was refused halfway is in no state to be looked at.
    state_ = state::failed;
    release(head_.headers);
    judged_.made = false;
    release(trailers_);
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
      return advance_to_fields(input);
    }
    case state::fields:
      return read_fields(input);

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

std::optional<parser_event> request_parser::advance_to_fields(std::string_view& input) {
  state_ = state::fields;
  if (take_same_fields(input)) return end_of_head();
  head_.headers.clear();
  judged_.made = false;
  return read_fields(input);
}

std::optional<parser_event> request_parser::read_fields(std::string_view& input) {
  if (!reader_.fields(input, head_.headers)) return std::nullopt;
  judge_fields();
  return end_of_head();
}

/// What is no HTTP (a TLS client, for one) may never send a line's end: its first bytes tell.
void request_parser::judge_beginning(std::string_view line, bool whole) const {
  const auto method_end = std::ranges::find_if_not(line, detail::is_token_byte);
  if (method_end == line.end() ? !whole : method_end != line.begin() && *method_end == ' ') return;
  if (!whole && !skipped_line_ && line == "\r") return;
  throw protocol_error{"not an HTTP request: begins with " + quoted(line)};
}

void request_parser::set_target(std::string_view target) {
  head_.target.assign(target);
  path_size_ = std::min(target.find('?'), target.size());
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
  if (const char* const bad = find_target_end(target.begin(), target.end()); bad != target.end())
    refuse_request_line("byte " + detail::shown(*bad) + " in the target", line);
  if (!is_target_of(method, target)) refuse_request_line("bad target for this method", line);

  head_.method.assign(method);
  set_target(target);
  head_.version = version[7] == '0' ? http_version::http_1_0 : http_version::http_1_1;
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
             .plain = !framing.chunked && !framing.content_length,
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
