#include <weft/describe/json_writer.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "describe/json_writer_access.hpp"
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

template <class Word>
Word word_at(const char* at) noexcept {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Which of eight bytes do not stand for themselves: they have their highest bits set, and so may those above them.
constexpr std::uint64_t not_plain(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  const std::uint64_t quote_mark = bytes ^ (ones * '"');
  const std::uint64_t backslash = bytes ^ (ones * '\\');
  return (((quote_mark - ones) & ~quote_mark) | ((backslash - ones) & ~backslash) | (bytes - ones * 0x20) | bytes) &
         tops;
}

// How many of them come before the first that does not; perhaps fewer where the highest byte comes first.
constexpr int plain_before(std::uint64_t hits) noexcept {
  if (hits == 0) return 8;
  return std::endian::native == std::endian::little ? std::countr_zero(hits) / 8 : 0;
}

// Copies the last bytes of a text of that size, less than eight, if they all stand for themselves. There must be room
// for eight.
bool copy_plain_end(char* to, const char* from, const char* end, std::size_t size) noexcept {
  const auto count = static_cast<unsigned>(end - from);
  if (count == 0) return true;
  if (size >= 8 && std::endian::native == std::endian::little) {
    constexpr std::uint64_t spaces = 0x2020202020202020;
    const std::uint64_t bytes = word_at<std::uint64_t>(end - 8) >> (64 - 8 * count) | spaces << (8 * count);
    std::memcpy(to, &bytes, 8);
    return not_plain(bytes) == 0;
  }
  if (count < 4) return false;
  const auto first = word_at<std::uint32_t>(from);
  const auto last = word_at<std::uint32_t>(end - 4);
  std::memcpy(to, &first, 4);
  std::memcpy(to + count - 4, &last, 4);
  return not_plain(std::uint64_t{first} | std::uint64_t{last} << 32) == 0;
}

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

void json_writer_access::padded_key(json_writer& to, std::string_view quoted) {
  if (to.options_.indent != 0) return to.quoted_key(quoted);
  to.reserve(quoted.size() + 1 + key_padding);
  *to.at_ = ',';
  to.at_ += to.begun_ ? 1 : 0;
  to.begun_ = true;
  for (std::size_t at = 0; at < quoted.size(); at += key_padding)
    std::memcpy(to.at_ + at, quoted.data() + at, key_padding);
  to.at_ += quoted.size();
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
  // Without an exponent as long as all digits say something.
  constexpr auto most = static_cast<Real>(std::uint64_t{1} << std::numeric_limits<Real>::digits);
  const Real magnitude = std::abs(value);
  const bool plain = magnitude == 0 || (magnitude >= Real(1e-6) && magnitude <= most);
  reserve(longest_number);
  at_ = std::to_chars(at_, end_, value, plain ? std::chars_format::fixed : std::chars_format::scientific).ptr;
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
    while (end - at >= 8) {
      const auto bytes = word_at<std::uint64_t>(at);
      std::memcpy(at_, &bytes, 8);
      const std::uint64_t hits = not_plain(bytes);
      const int plain = plain_before(hits);
      at += plain;
      at_ += plain;
      if (hits != 0) break;
    }
    if (end - at < 8 && copy_plain_end(at_, at, end, text.size())) {
      at_ += end - at;
      break;
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
