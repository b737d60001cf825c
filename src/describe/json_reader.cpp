#include <weft/describe/json_reader.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "describe/json_reader_access.hpp"
#include "describe/utf8.hpp"

namespace weft {
namespace {

constexpr std::size_t longest_shown = 60;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The first byte that a string cannot simply consist of: a quote, a backslash, a control byte or one that is not ASCII.
const char* plain_end(const char* at, const char* end) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x8080808080808080;
    for (; end - at >= 8; at += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at, 8);
      const std::uint64_t quote = bytes ^ (ones * '"');
      const std::uint64_t backslash = bytes ^ (ones * '\\');
      // A borrow makes false hits only above a true one, and the lowest is what counts.
      const std::uint64_t hits =
          (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | (bytes - ones * 0x20) | bytes) & tops;
      if (hits != 0) return at + std::countr_zero(hits) / 8;
    }
  }
  for (; at != end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return at;
}

template <class Number>
bool parse(std::string_view token, Number& value) noexcept {
  return std::from_chars(token.data(), token.data() + token.size(), value).ec == std::errc{};
}

// Which power of ten the digit at this place of a number counts.
long long power_of_ten(std::string_view token, std::size_t at) noexcept {
  const std::size_t e = token.find_first_of("eE");
  const auto point = static_cast<long long>(std::min(token.find('.'), std::min(e, token.size())));
  const auto place = static_cast<long long>(at);
  const long long power = point - place - (place < point ? 1 : 0);
  if (e == std::string_view::npos) return power;

  std::string_view digits = token.substr(e + 1);
  const bool negative = digits.front() == '-';
  if (!is_digit(digits.front())) digits.remove_prefix(1);
  constexpr long long endless = std::numeric_limits<long long>::max() / 2;  // longer than any text
  long long exponent = 0;
  if (!parse(digits, exponent) || exponent > endless) exponent = endless;
  return negative ? power - exponent : power + exponent;
}

constexpr std::string_view digits_but_zero = "123456789";

// Whether a number that from_chars calls out of range is so because it is too small.
bool underflows(std::string_view token) noexcept {
  const std::size_t first = token.find_first_of(digits_but_zero);
  return first >= token.find_first_of("eE") || power_of_ten(token, first) < 0;
}

// What a number is exactly, however it is written, if it is an integer.
struct exact_integer {
  bool negative;
  bool integral = true;
  bool overflow = false;
  std::uint64_t magnitude = 0;
};

exact_integer exactly(std::string_view token) noexcept {
  exact_integer result{.negative = token.front() == '-'};
  const std::string_view mantissa = token.substr(0, token.find_first_of("eE"));
  const std::size_t last = mantissa.find_last_of(digits_but_zero);
  if (last == std::string_view::npos) return result;

  long long power = power_of_ten(token, last);
  result.integral = power >= 0;
  if (!result.integral) return result;

  const auto append = [&](unsigned digit) {
    result.overflow = result.overflow ||
                      __builtin_mul_overflow(result.magnitude, std::uint64_t{10}, &result.magnitude) ||
                      __builtin_add_overflow(result.magnitude, std::uint64_t{digit}, &result.magnitude);
  };
  for (const char c : mantissa.substr(0, last + 1))
    if (is_digit(c)) append(static_cast<unsigned>(c - '0'));
  for (; power > 0 && !result.overflow; --power) append(0);
  return result;
}

std::string cut(std::string_view token) {
  return token.size() <= longest_shown ? std::string{token} : std::string{token.substr(0, longest_shown)} + "...";
}

template <class Integer>
std::string integer_range(Integer least, Integer most) {
  return "an integer from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

json_reader::json_reader(std::string_view text, const json_read_options& options)
    : begin_{text.data()},
      at_{text.data()},
      end_{text.data() + text.size()},
      options_{options},
      log_{std::max<std::size_t>(options.max_issues, 1)} {
  if (text.size() > options.max_size) {
    fail("at most " + detail::shown_count(options.max_size, "byte") + " of JSON");
    malformed_at_ = begin_;
  }
}

json_reader::kind json_reader::peek() noexcept {
  switch (next()) {
    case 'n':
      return kind::null;
    case 't':
    case 'f':
      return kind::boolean;
    case '"':
      return kind::string;
    case '[':
      return kind::array;
    case '{':
      return kind::object;
    case '-':
      return kind::number;
    case 0:
      return kind::none;
    default:
      return is_digit(*at_) ? kind::number : kind::none;
  }
}

bool json_reader::peek_integer() noexcept {
  if (peek() != kind::number) return false;
  const char* at = at_ + (*at_ == '-' ? 1 : 0);
  while (at != end_ && is_digit(*at)) ++at;
  return at == end_ || (*at != '.' && *at != 'e' && *at != 'E');
}

// ---- what is wrong --------------------------------------------------------------------------------------------------

bool json_reader::fail(std::string_view expected) {
  if (ended_) return false;
  malformed_ = ended_ = true;
  malformed_at_ = at_;
  std::string got = "the end of the text";
  if (at_ != end_) {
    const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
    got = detail::shown(rest.substr(0, std::max<std::size_t>(detail::utf8_length(rest), 1)));
  }
  const text_position where = position();
  got += " at line " + std::to_string(where.line) + ", column " + std::to_string(where.column);
  log_.replace_all(std::string{expected}, std::move(got));
  at_ = end_;
  return false;
}

text_position json_reader::position() const noexcept {
  text_position where;
  const char* const at = malformed_ ? malformed_at_ : at_;
  where.offset = static_cast<std::size_t>(at - begin_);
  const char* line = begin_;
  for (const char* c = begin_; c != at; ++c) {
    if (*c != '\n') continue;
    line = c + 1;
    ++where.line;
  }
  where.column = 1 + detail::utf8_count({line, static_cast<std::size_t>(at - line)});
  return where;
}

bool json_reader::refuse(std::string_view expected, std::string got) {
  if (ended_) return false;
  log_.add(std::string{expected}, std::move(got));
  if (log_.full()) {
    ended_ = true;
    at_ = end_;
  }
  return false;
}

bool json_reader::refuse(std::string_view expected) {
  const kind what = peek();
  const char* const start = at_;
  if (what == kind::string) {
    std::string_view text;
    std::string buffer;
    return string_token(text, buffer) && refuse(expected, detail::shown(text));
  }
  if (!skip_value()) return false;
  if (what == kind::object) return refuse(expected, "an object");
  if (what == kind::array) return refuse(expected, "an array");
  return refuse(expected, cut({start, static_cast<std::size_t>(at_ - start)}));
}

void json_reader::finish() {
  next();
  if (at_ != end_) fail("the end of the text");
}

// ---- numbers and words ----------------------------------------------------------------------------------------------

bool json_reader::word(std::string_view expected) {
  if (static_cast<std::size_t>(end_ - at_) < expected.size() || std::memcmp(at_, expected.data(), expected.size()) != 0)
    return fail("a value");
  at_ += expected.size();
  return true;
}

bool json_reader::read_null() { return next() == 'n' && word("null"); }

bool json_reader::read(bool& value) {
  const char c = next();
  if (c != 't' && c != 'f') return refuse("a boolean");
  if (!word(c == 't' ? "true" : "false")) return false;
  value = c == 't';
  return true;
}

// Stands at a minus or a digit.
bool json_reader::number_token(std::string_view& token, bool& plain_integer) {
  const char* const start = at_;
  const auto digits = [&] {
    if (at_ == end_ || !is_digit(*at_)) return fail("a digit");
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  };
  plain_integer = true;
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
    if (at_ != end_ && is_digit(*at_)) return fail("no digit behind a leading zero");
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    plain_integer = false;
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    plain_integer = false;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  token = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

template <class Integer>
bool json_reader::integer(Integer& value, Integer least, Integer most) {
  const bool negative = next() == '-';
  // So many digits and nothing else fit 64 bits whatever they are.
  constexpr std::ptrdiff_t safe_digits = 18;
  const char* const digits = at_ + (negative ? 1 : 0);
  const char* at = digits;
  std::uint64_t magnitude = 0;
  for (; at != end_ && is_digit(*at) && at - digits <= safe_digits; ++at)
    magnitude = magnitude * 10 + static_cast<std::uint64_t>(*at - '0');
  const std::ptrdiff_t count = at - digits;
  const bool simple = count > 0 && count <= safe_digits && (*digits != '0' || count == 1) && at != end_ && *at != '.' &&
                      *at != 'e' && *at != 'E';
  if (!simple || (negative && magnitude != 0 && !std::is_signed_v<Integer>)) return unusual_integer(value, least, most);
  const auto number = static_cast<Integer>(negative ? 0 - magnitude : magnitude);
  const char* const start = at_;
  at_ = at;
  if (number < least || number > most)
    return refuse(integer_range(least, most), cut({start, static_cast<std::size_t>(at - start)}));
  value = number;
  return true;
}

template <class Integer>
bool json_reader::unusual_integer(Integer& value, Integer least, Integer most) {
  if (peek() != kind::number) return refuse("an integer");
  std::string_view token;
  bool plain = false;
  if (!number_token(token, plain)) return false;

  const exact_integer exact = exactly(token);
  if (!exact.integral) return refuse("an integer", cut(token));
  // The magnitude of the least number is one more than that of the greatest, or 0.
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
  const std::uint64_t limit = !exact.negative ? greatest : std::is_signed_v<Integer> ? greatest + 1 : 0;
  const bool fits = !exact.overflow && exact.magnitude <= limit;
  const auto number = static_cast<Integer>(exact.negative ? 0 - exact.magnitude : exact.magnitude);
  if (!fits || number < least || number > most) return refuse(integer_range(least, most), cut(token));
  value = number;
  return true;
}

bool json_reader::read_integer(std::int64_t& value, std::int64_t least, std::int64_t most) {
  return integer(value, least, most);
}

bool json_reader::read_integer(std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
  return integer(value, least, most);
}

// A number of few digits is an integer that a double holds exactly, times or divided by a power of ten that it holds
// exactly too: then the one rounding of that operation is the right one (Clinger, 1990). @return where the number ends,
// null if it is not such a one; it may be no number then.
const char* json_reader::short_real(double& value) const noexcept {
  static constexpr double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr std::ptrdiff_t most_digits = 15;
  const bool negative = *at_ == '-';
  const char* const digits = at_ + (negative ? 1 : 0);
  const char* at = digits;
  std::int64_t mantissa = 0;
  const auto take_digits = [&] {
    const char* const start = at;
    for (; at != end_ && is_digit(*at) && at - digits <= most_digits; ++at) mantissa = mantissa * 10 + (*at - '0');
    return at - start;
  };
  const std::ptrdiff_t whole = take_digits();
  if (whole == 0 || (whole > 1 && *digits == '0') || at == end_) return nullptr;
  std::ptrdiff_t fraction = 0;
  if (*at == '.') {
    ++at;
    fraction = take_digits();
    if (fraction == 0 || at == end_) return nullptr;
  }
  if (whole + fraction > most_digits || is_digit(*at) || *at == 'e' || *at == 'E') return nullptr;
  value = static_cast<double>(mantissa) / powers[fraction];
  if (negative) value = -value;
  return at;
}

template <class Real>
bool json_reader::real(Real& value) {
  if (peek() != kind::number) return refuse("a number");
  std::string_view token;
  bool plain = false;
  if (!number_token(token, plain)) return false;
  if (parse(token, value)) return true;
  if (!underflows(token)) return refuse("a number that is not too large for its type", cut(token));
  value = token.front() == '-' ? Real{-0.0} : Real{0};
  return true;
}

bool json_reader::read(double& value) {
  if (next() != 0) {
    if (const char* const end = short_real(value)) {
      at_ = end;
      return true;
    }
  }
  return real(value);
}
bool json_reader::read(float& value) { return real(value); }

// ---- strings --------------------------------------------------------------------------------------------------------

bool json_reader::read(std::string& value) {
  if (next() != '"') return refuse("a string");
  const char* const start = at_ + 1;
  if (const char* const end = plain_end(start, end_); end != end_ && *end == '"') {
    value.assign(start, static_cast<std::size_t>(end - start));
    at_ = end + 1;
    return true;
  }
  std::string_view text;
  if (!string_token(text, value)) return false;
  if (text.data() != value.data()) value.assign(text);
  return true;
}

bool json_reader::read(std::string_view& value, std::string& buffer) {
  if (next() != '"') return refuse("a string");
  return string_token(value, buffer);
}

// Stands at the quote. Without escapes `value` is where it stands; otherwise it is what the buffer then holds.
bool json_reader::string_token(std::string_view& value, std::string& buffer) {
  const char* start = ++at_;
  bool escaped = false;
  for (;;) {
    at_ = plain_end(at_, end_);
    if (at_ == end_) return fail("a quote at the end of a string");
    const char c = *at_;
    const auto run = [&] { return std::string_view{start, static_cast<std::size_t>(at_ - start)}; };
    if (c == '"') {
      if (!escaped) {
        value = run();
      } else {
        buffer.append(run());
        value = buffer;
      }
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!escaped) buffer.clear();
      escaped = true;
      buffer.append(run());
      if (!escape(buffer)) return false;
      start = at_;
      continue;
    }
    const std::size_t length = detail::utf8_length({at_, static_cast<std::size_t>(end_ - at_)});
    if (length == 0) return fail("valid UTF-8");
    if (length == 1) return fail("no control characters in a string but escaped ones");
    at_ += length;
  }
}

bool json_reader::hex4(unsigned& value) {
  value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ == end_ ? ' ' : *at_;
    const char low = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<unsigned>(c - '0');
    } else if (low >= 'a' && low <= 'f') {
      value = value << 4 | static_cast<unsigned>(low - 'a' + 10);
    } else {
      return fail("four hexadecimal digits");
    }
  }
  return true;
}

// Stands at the backslash.
bool json_reader::escape(std::string& out) {
  ++at_;
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const std::size_t letter = at_ == end_ ? std::string_view::npos : letters.find(*at_);
  if (letter != std::string_view::npos) {
    ++at_;
    out += meanings[letter];
    return true;
  }
  if (at_ == end_ || *at_ != 'u') return fail("an escape that JSON has");
  ++at_;
  unsigned code_point = 0;
  if (!hex4(code_point)) return false;
  if (code_point >= 0xd800 && code_point <= 0xdfff) {
    if (code_point >= 0xdc00 || end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u')
      return fail("the other half of a surrogate pair");
    at_ += 2;
    unsigned low = 0;
    if (!hex4(low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return fail("the other half of a surrogate pair");
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
  }
  detail::append_utf8(out, code_point);
  return true;
}

// ---- arrays and objects ---------------------------------------------------------------------------------------------

bool json_reader::enter(char bracket, std::string_view expected) {
  if (next() != bracket) return refuse(expected);
  if (depth_ == options_.max_depth) return fail("nesting no deeper than " + std::to_string(options_.max_depth));
  ++depth_;
  ++at_;
  return true;
}

bool json_reader::next_key(std::string_view& key, std::string& buffer) {
  if (next() != '"') return fail("a member's name in quotes");
  if (!string_token(key, buffer)) return false;
  if (next() != ':') return fail("a colon");
  ++at_;
  return true;
}

json_reader::array::array(json_reader& reader, std::string_view expected)
    : reader_{reader}, entered_{reader.enter('[', expected)}, path_{reader.log()} {}

bool json_reader::array::next() {
  if (!entered_) return false;
  if (!first_) path_.at(++index_);
  const bool begins = first_;
  if (!reader_.next_item(first_, ']', "a comma or a closing bracket")) return false;
  if (begins) path_.at(index_);
  return true;
}

json_reader::object::object(json_reader& reader, std::string_view expected)
    : reader_{reader}, entered_{reader.enter('{', expected)}, path_{reader.log()} {}

bool json_reader::object::next() {
  if (!entered_ || !reader_.next_item(first_, '}', "a comma or a closing brace")) return false;
  if (!next_key()) return false;
  path_.at(key_);
  return true;
}

bool json_reader::object::next_key() {
  path_.at(std::string_view{});  // the last key may be in the buffer, which is filled anew
  return reader_.next_key(key_, buffer_);
}

bool json_reader::peek_member(std::string_view key, std::string& value) {
  if (next() != '{') return false;
  const char* const start = at_;
  const std::size_t depth = depth_;
  bool found = false;
  {
    object members{*this};
    while (!found && members.next()) {
      std::string_view text;
      if (members.key() != key || next() != '"') {
        skip_value();
      } else if (string_token(text, value)) {
        if (text.data() != value.data()) value.assign(text);
        found = true;
      }
    }
  }
  if (ended_) return false;
  at_ = start;
  depth_ = depth;
  return found;
}

bool json_reader::skip_value() {
  std::string_view text;
  switch (peek()) {
    case kind::none:
      return fail("a value");
    case kind::null:
      return word("null");
    case kind::boolean:
      return word(*at_ == 't' ? "true" : "false");
    case kind::number: {
      bool plain = false;
      return number_token(text, plain);
    }
    case kind::string: {
      std::string buffer;
      return string_token(text, buffer);
    }
    case kind::array: {
      array elements{*this};
      while (elements.next()) skip_value();
      return !ended_;
    }
    case kind::object: {
      object members{*this};
      while (members.next()) skip_value();
      return !ended_;
    }
  }
  return false;
}

void json_reader::skip() { skip_value(); }

bool json_reader::read_raw(std::string_view& value) {
  next();
  const char* const start = at_;
  if (!skip_value()) return false;
  value = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

}  // namespace weft
