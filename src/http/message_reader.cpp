#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <weft/http/detail/message_reader.hpp>
#include <weft/http/error.hpp>

#include "characters.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weft::http::detail {

namespace {

constexpr std::size_t chunk_size_digits = 16;  // as many as fit 64 bits

/// The first byte from `at` on that no field value can have: the CR that ends it, or a fault.
const char* find_value_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i forbidden =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control), _mm_cmpeq_epi8(bytes, del));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(forbidden));
    if (found != 0) return at + std::countr_zero(found);
  }
#endif
  while (at != end && !is_forbidden_control(*at)) ++at;
  return at;
}

/// The first byte from `at` on that no field name can have: the colon that ends it, or a fault.
const char* find_name_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  // Letters, digits and hyphens are all that names consist of in practice; the loop below sees to the rest.
  const auto within = [](__m128i bytes, char first, char last) {
    const __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(last - first))), offset);
  };
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i letter = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i digit = within(bytes, '0', '9');
    const __m128i hyphen = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
    const auto common = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), hyphen)));
    if (common != 0xffff) {
      at += std::countr_one(common);
      break;
    }
  }
#endif
  while (at != end && is_token_byte(*at)) ++at;
  return at;
}

/// `in header line 3: "..."`.
std::string where(const char* line, const char* end, std::size_t number, bool in_trailers) {
  const std::string_view text{line, std::find_if(line, end, [](char c) { return c == '\r' || c == '\n'; })};
  return std::string{in_trailers ? " in trailer line " : " in header line "} + std::to_string(number) + ": " +
         quoted(text);
}

/// Says what is wrong with a line whose name ends at `stop`, where no colon is.
[[gnu::cold]] std::string name_fault(const char* line, const char* stop, const char* end, bool first) {
  if (stop == line) {
    if (is_blank(*line)) return first ? "whitespace before the first field" : "folded field";
    if (*line == ':') return "empty field name";
  }
  if (*stop == '\n') return "bare LF";
  if (*stop == '\r') return end - stop > 1 && stop[1] != '\n' ? "bare CR" : "no colon";
  const char* const next = std::find_if_not(stop, end, is_blank);
  if (is_blank(*stop) && next != end && *next == ':') return "whitespace before the colon";
  return "byte " + shown(*stop) + " in the field name";
}

[[gnu::cold]] std::string value_fault(char stop) {
  if (stop == '\r') return "bare CR";
  if (stop == '\n') return "bare LF";
  return "control byte " + shown(stop);
}

constexpr std::size_t most_kept_of_line = 4096;  ///< of the memory of a line that came in pieces

}  // namespace

message_reader::message_reader(const parser_limits& limits) noexcept : limits_{limits} {
  // Headers keep 32-bit offsets.
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  limits_.header_bytes = std::min(limits_.header_bytes, most);
}

void message_reader::reset() noexcept {
  pending_.clear();
  if (pending_.capacity() > most_kept_of_line) std::string{}.swap(pending_);
  pending_is_whole_ = false;
  in_trailers_ = false;
  body_ = body_state::end;
  section_bytes_ = 0;
  extension_bytes_ = 0;
  left_ = 0;
  body_bytes_ = 0;
}

// The next line with its LF: in the input if all of it is there, otherwise collected in pending_.
std::optional<std::string_view> message_reader::raw_line(std::string_view& input) {
  if (pending_is_whole_) {
    pending_.clear();
    pending_is_whole_ = false;
  }
  if (input.empty()) return std::nullopt;
  const auto* const lf = static_cast<const char*>(std::memchr(input.data(), '\n', input.size()));
  const std::string_view piece =
      input.substr(0, lf == nullptr ? input.size() : static_cast<std::size_t>(lf - input.data()) + 1);
  input.remove_prefix(piece.size());
  if (lf != nullptr && pending_.empty()) return piece;
  pending_.append(piece);
  if (lf == nullptr) return std::nullopt;
  pending_is_whole_ = true;
  return pending_;
}

std::optional<std::string_view> message_reader::start_line(std::string_view& input) {
  const std::optional<std::string_view> line = raw_line(input);
  // An incomplete line may end in the CR that does not count.
  const std::size_t least = line ? line->size() - std::min<std::size_t>(2, line->size())
                                 : pending_.size() - std::min<std::size_t>(1, pending_.size());
  if (least > limits_.start_line) {
    throw protocol_error{
        "first line longer than " + std::to_string(limits_.start_line) + " bytes: " + quoted(line ? *line : pending_),
        414};
  }
  if (!line) return std::nullopt;
  if (line->size() < 2 || (*line)[line->size() - 2] != '\r')
    throw protocol_error{"bare LF in the first line: " + quoted(line->substr(0, line->size() - 1))};
  return line->substr(0, line->size() - 2);
}

void message_reader::check_section_size(std::size_t incomplete) const {
  if (section_bytes_ + incomplete <= limits_.header_bytes) return;
  throw protocol_error{std::string{in_trailers_ ? "trailers" : "header fields"} + " of more than " +
                           std::to_string(limits_.header_bytes) + " bytes",
                       431};
}

bool message_reader::fields(std::string_view& input, headers& into) {
  bool whole = false;
  if (!pending_.empty() && !pending_is_whole_) {
    const std::optional<std::string_view> line = raw_line(input);
    if (!line) {
      check_section_size(pending_.size());
      return false;
    }
    field_lines(line->data(), line->data() + line->size(), into, whole);
    if (whole) return true;
  }

  const char* const rest = field_lines(input.data(), input.data() + input.size(), into, whole);
  input.remove_prefix(static_cast<std::size_t>(rest - input.data()));
  if (whole) return true;
  check_section_size(input.size());
  pending_.assign(input);
  pending_is_whole_ = false;
  input = {};
  return false;
}

// Adds the complete lines in [at, end) and returns where they end; `whole` tells that the last was the empty one.
const char* message_reader::field_lines(const char* at, const char* end, headers& into, bool& whole) {
  const char* const run = at;  // what is added to the text of the headers in one go
  const std::size_t base = into.bytes_.size();
  const auto place_of = [&](const char* byte) {
    return static_cast<std::uint32_t>(base + static_cast<std::size_t>(byte - run));
  };
  const char* line = at;

  while (line != end) {
    if (*line == '\r') {
      if (end - line < 2) break;
      if (line[1] != '\n') throw protocol_error{"bare CR" + where(line, end, into.size() + 1, in_trailers_)};
      whole = true;
      break;
    }

    const char* const name_end = find_name_end(line, end);
    if (name_end == end) break;
    if (*name_end != ':' || name_end == line) {
      throw protocol_error{name_fault(line, name_end, end, into.empty()) +
                           where(line, end, into.size() + 1, in_trailers_)};
    }

    const char* value = name_end + 1;
    while (value != end && is_blank(*value)) ++value;
    const char* const stop = find_value_end(value, end);
    if (end - stop < 2 && (stop == end || *stop == '\r')) break;
    if (*stop != '\r' || stop[1] != '\n')
      throw protocol_error{value_fault(*stop) + where(line, end, into.size() + 1, in_trailers_)};
    const char* value_end = stop;
    while (value_end != value && is_blank(value_end[-1])) --value_end;

    if (into.fields_.size() >= limits_.header_count) {
      throw protocol_error{
          "more than " + std::to_string(limits_.header_count) + (in_trailers_ ? " trailer fields" : " header fields"),
          431};
    }
    into.fields_.push_back({place_of(line), static_cast<std::uint32_t>(name_end - line), place_of(value),
                            static_cast<std::uint32_t>(value_end - value)});
    line = stop + 2;
  }

  const char* const rest = whole ? line + 2 : line;
  section_bytes_ += static_cast<std::size_t>(rest - run);
  check_section_size(0);
  into.bytes_.append(run, line);
  return rest;
}

void message_reader::count_body(std::uint64_t size) {
  if (size > limits_.body_bytes - body_bytes_)
    throw protocol_error{"body of more than " + std::to_string(limits_.body_bytes) + " bytes", 413};
  body_bytes_ += size;
}

void message_reader::begin_sized_body(std::uint64_t size) {
  count_body(size);
  left_ = size;
  body_ = body_state::sized;
}

void message_reader::chunk_size_line(std::string_view line) {
  std::size_t digits = 0;
  std::uint64_t size = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (digits == chunk_size_digits)
      throw protocol_error{"chunk size of more than " + std::to_string(chunk_size_digits) + " digits: " + quoted(line)};
    size = size << 4 | static_cast<std::uint64_t>(hex_value(line[digits]));
  }
  const std::string_view extensions = line.substr(digits);
  if (digits == 0 || (!extensions.empty() && !trimmed(extensions).starts_with(';')))
    throw protocol_error{"bad chunk size " + quoted(line)};
  const auto bad = std::ranges::find_if(extensions, is_forbidden_control);
  if (bad != extensions.end())
    throw protocol_error{value_fault(*bad) + " in the chunk extensions " + quoted(extensions)};
  if (extensions.size() > limits_.chunk_extensions - extension_bytes_)
    throw protocol_error{"chunk extensions of more than " + std::to_string(limits_.chunk_extensions) + " bytes"};
  extension_bytes_ += extensions.size();

  if (size == 0) {
    body_ = body_state::trailers;
    in_trailers_ = true;
    section_bytes_ = 0;
  } else {
    count_body(size);
    left_ = size;
    body_ = body_state::chunk;
  }
}

parser_event message_reader::take(std::string_view& input) {
  const std::string_view piece =
      input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input.remove_prefix(piece.size());
  left_ -= piece.size();
  return {message_part::body, piece};
}

std::optional<parser_event> message_reader::body(std::string_view& input, headers& trailers) {
  for (;;) {
    switch (body_) {
      case body_state::sized:
        if (left_ == 0) {
          body_ = body_state::end;
          break;
        }
        if (input.empty()) return std::nullopt;
        return take(input);

      case body_state::until_close: {
        if (input.empty()) return std::nullopt;
        // What the limit allows is given first, as it would be if it had come alone.
        const std::uint64_t allowed = std::max<std::uint64_t>(limits_.body_bytes - body_bytes_, 1);
        const std::string_view piece =
            input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(allowed, input.size())));
        count_body(piece.size());
        input.remove_prefix(piece.size());
        return parser_event{message_part::body, piece};
      }

      case body_state::chunk_size: {
        const std::optional<std::string_view> line = raw_line(input);
        if (!line) {
          // Digits, extensions and the CR.
          if (pending_.size() > chunk_size_digits + (limits_.chunk_extensions - extension_bytes_) + 1)
            throw protocol_error{"chunk size line too long: " + quoted(pending_)};
          return std::nullopt;
        }
        if (line->size() < 2 || (*line)[line->size() - 2] != '\r')
          throw protocol_error{"bare LF after the chunk size " + quoted(line->substr(0, line->size() - 1))};
        chunk_size_line(line->substr(0, line->size() - 2));
        break;
      }

      case body_state::chunk:
        if (left_ == 0) {
          body_ = body_state::chunk_cr;
          break;
        }
        if (input.empty()) return std::nullopt;
        return take(input);

      case body_state::chunk_cr:
      case body_state::chunk_lf: {
        if (input.empty()) return std::nullopt;
        const bool cr = body_ == body_state::chunk_cr;
        if (input.front() != (cr ? '\r' : '\n'))
          throw protocol_error{"no CR LF at the end of a chunk, but " + quoted(input, 16)};
        input.remove_prefix(1);
        body_ = cr ? body_state::chunk_lf : body_state::chunk_size;
        break;
      }

      case body_state::trailers:
        if (!fields(input, trailers)) return std::nullopt;
        body_ = body_state::end;
        if (!trailers.empty()) return parser_event{message_part::trailers, {}};
        break;

      case body_state::end:
        return parser_event{message_part::end, {}};
    }
  }
}

void message_reader::finish_body() {
  switch (body_) {
    case body_state::until_close:
    case body_state::end:
      body_ = body_state::end;
      return;
    case body_state::sized:
      if (left_ == 0) return;
      throw truncated_error{"the connection ended in the middle of the body: " + std::to_string(body_bytes_ - left_) +
                            " of " + std::to_string(body_bytes_) + " bytes came"};
    case body_state::chunk:
      throw truncated_error{"the connection ended in the middle of a chunk, " + std::to_string(left_) +
                            " bytes before its end"};
    case body_state::chunk_size:
    case body_state::chunk_cr:
    case body_state::chunk_lf:
      throw truncated_error{"the connection ended in the middle of a chunked body, before its last chunk"};
    case body_state::trailers:
      throw truncated_error{"the connection ended in the middle of the trailers of a chunked body"};
  }
}

}  // namespace weft::http::detail
