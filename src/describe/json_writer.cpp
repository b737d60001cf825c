#include <weft/describe/json_writer.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "describe/utf8.hpp"

namespace weft {
namespace {

constexpr std::size_t longest_number = 32;
constexpr std::size_t longest_escape = 6;

// What follows the backslash; 'u' for a number, 0 for bytes that stand for themselves.
constexpr std::array<char, 128> escapes = [] {
  std::array<char, 128> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

}  // namespace

json_writer::~json_writer() {
  if (begin_ != first_) delete[] begin_;
}

std::string json_writer::take() {
  std::string text{begin_, size()};
  at_ = begin_;
  begun_ = false;
  return text;
}

void json_writer::fail(std::string_view expected, std::string got) {
  log_.add(std::string{expected}, std::move(got));
  throw validation_error{log_.take()};
}

inline void json_writer::reserve(std::size_t wanted) {
  if (static_cast<std::size_t>(end_ - at_) >= wanted) [[likely]]
    return;
  const std::size_t used = size();
  const std::size_t capacity = 2 * (used + wanted);
  char* const larger = new char[capacity];
  std::memcpy(larger, begin_, used);
  if (begin_ != first_) delete[] begin_;
  begin_ = larger;
  at_ = larger + used;
  end_ = larger + capacity;
}

inline void json_writer::put(std::string_view text) noexcept {
  if (text.empty()) return;
  std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
}

void json_writer::new_line() {
  const std::size_t spaces = std::size_t{depth_} * options_.indent;
  reserve(spaces + 1);
  put('\n');
  std::memset(at_, ' ', spaces);
  at_ += spaces;
}

inline void json_writer::separate() {
  if (begun_) {
    reserve(1);
    put(',');
  }
  begun_ = true;
  if (options_.indent != 0) new_line();
}

void json_writer::close(char bracket) {
  --depth_;
  if (options_.indent != 0 && begun_) new_line();
  reserve(1);
  put(bracket);
  begun_ = true;
}

void json_writer::begin_array() {
  reserve(1);
  put('[');
  ++depth_;
  begun_ = false;
}

void json_writer::element() { separate(); }
void json_writer::end_array() { close(']'); }

void json_writer::begin_object() {
  reserve(1);
  put('{');
  ++depth_;
  begun_ = false;
}

void json_writer::key(std::string_view name) {
  separate();
  quote(name);
  reserve(2);
  put(':');
  if (options_.indent != 0) put(' ');
}

void json_writer::quoted_key(std::string_view quoted) {
  separate();
  reserve(quoted.size() + 1);
  put(quoted);
  if (options_.indent != 0) put(' ');
}

void json_writer::end_object() { close('}'); }

void json_writer::write_raw(std::string_view json) {
  reserve(json.size());
  put(json);
}

void json_writer::write_null() { write_raw("null"); }
void json_writer::write(bool value) { write_raw(value ? "true" : "false"); }

template <class Number>
void json_writer::number(Number value) {
  reserve(longest_number);
  at_ = std::to_chars(at_, end_, value).ptr;
}

void json_writer::write(std::int64_t value) { number(value); }
void json_writer::write(std::uint64_t value) { number(value); }

template <class Real>
void json_writer::real(Real value) {
  if (!std::isfinite(value)) fail("a number that is finite", detail::shown(double{value}));
  number(value);
}

void json_writer::write(double value) { real(value); }
void json_writer::write(float value) { real(value); }
void json_writer::write(std::string_view value) { quote(value); }

void json_writer::quote(std::string_view text) {
  reserve(text.size() + 2 + longest_escape);
  put('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  // Copies what stands for itself, eight bytes at a time; the reserve above has room for eight more than the text has.
  for (;;) {
    if constexpr (std::endian::native == std::endian::little) {
      constexpr std::uint64_t ones = 0x0101010101010101;
      constexpr std::uint64_t tops = 0x8080808080808080;
      while (end - at >= 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, at, 8);
        std::memcpy(at_, &bytes, 8);
        const std::uint64_t quote_mark = bytes ^ (ones * '"');
        const std::uint64_t backslash = bytes ^ (ones * '\\');
        const std::uint64_t hits =
            (((quote_mark - ones) & ~quote_mark) | ((backslash - ones) & ~backslash) | (bytes - ones * 0x20) | bytes) &
            tops;
        const int plain = hits == 0 ? 8 : std::countr_zero(hits) / 8;
        at += plain;
        at_ += plain;
        if (hits != 0) break;
      }
    }
    if (at == end) break;
    const auto byte = static_cast<unsigned char>(*at);
    if (byte >= 0x80) {
      const std::size_t length = detail::utf8_length({at, static_cast<std::size_t>(end - at)});
      if (length == 0) fail("text in UTF-8", detail::shown(text));
      put(std::string_view{at, length});
      at += length;
      continue;
    }
    ++at;
    const char escape = escapes[byte];
    if (escape == 0) {
      put(static_cast<char>(byte));
      continue;
    }
    put('\\');
    put(escape);
    if (escape == 'u') {
      constexpr std::string_view hex = "0123456789abcdef";
      put("00");
      put(hex[byte >> 4]);
      put(hex[byte & 15]);
    }
    reserve(static_cast<std::size_t>(end - at) + 2 + longest_escape);
  }
  put('"');
}

}  // namespace weft
