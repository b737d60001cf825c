// Numbers and strings, one by one. Input: a JSON array, whose elements are read as what they are and judged by others:
// reals by strtod, integers by their decimal digits, strings by Boost.JSON. The same bytes are numbers and a text to be
// written.

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

namespace {

void require(bool holds, const char* what, std::string_view about) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s: %.*s\n", what, static_cast<int>(about.size()), about.data());
  std::abort();
}

template <class T>
std::optional<T> read(std::string_view text) {
  T value{};
  if (!weft::read_json(text, value).none()) return std::nullopt;
  return value;
}

bool is_number(std::string_view json) {
  return !json.empty() && (json.front() == '-' || (json.front() >= '0' && json.front() <= '9'));
}

void judge_real(const std::string& json) {
  const auto got = read<double>(json);
  const double wanted = std::strtod(json.c_str(), nullptr);
  require(got.has_value() == std::isfinite(wanted), "a real is read if it has room", json);
  if (got) require(std::memcmp(&*got, &wanted, sizeof wanted) == 0, "the nearest real is read", json);

  const auto single = read<float>(json);
  const float wanted_single = std::strtof(json.c_str(), nullptr);
  require(single.has_value() == std::isfinite(wanted_single), "a float is read if it has room", json);
  if (single) require(std::memcmp(&*single, &wanted_single, sizeof wanted_single) == 0, "the nearest float", json);
}

// An integer's sign and digits without leading zeros, "" for 0; nullopt if it is none, or has more than 20 digits.
struct whole_number {
  bool negative;
  std::string digits;
};
std::optional<whole_number> as_whole(std::string_view json) {
  whole_number made{.negative = json.front() == '-', .digits = {}};
  long double power = 0;  // exact, and wide enough for what can be told apart here
  const std::size_t e = json.find_first_of("eE");
  bool fraction = false;
  for (const char c : json.substr(0, e)) {
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    made.digits += c;
    if (fraction) --power;
  }
  if (e != json.npos) power += std::strtold(std::string{json.substr(e + 1)}.c_str(), nullptr);
  while (made.digits.ends_with('0')) {
    made.digits.pop_back();
    ++power;
  }
  made.digits.erase(0, made.digits.find_first_not_of('0'));
  if (made.digits.empty()) return made;
  if (power < 0 || power + static_cast<long double>(made.digits.size()) > 20) return std::nullopt;
  made.digits.append(static_cast<std::size_t>(power), '0');
  return made;
}

template <class T>
void judge_integer(const std::string& json, const std::optional<whole_number>& whole) {
  const auto got = read<T>(json);
  std::optional<T> wanted;
  if (whole) {
    const std::string digits = whole->digits.empty() ? "0" : (whole->negative ? "-" : "") + whole->digits;
    T value = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (end.ec == std::errc{} && end.ptr == digits.data() + digits.size()) wanted = value;
  }
  require(got == wanted, "an integer is read if it is one that has room", json);
}

void judge_element(const weft::raw_json& element) {
  const std::string& json = element.text;
  if (is_number(json)) {
    judge_real(json);
    const auto whole = as_whole(json);
    judge_integer<std::int64_t>(json, whole);
    judge_integer<std::uint64_t>(json, whole);
    judge_integer<std::int32_t>(json, whole);
    judge_integer<std::uint8_t>(json, whole);
    judge_integer<std::int8_t>(json, whole);
    return;
  }
  require(!read<double>(json) && !read<int>(json), "what is no number is not read as one", json);
  const auto text = read<std::string>(json);
  require(text.has_value() == json.starts_with('"'), "a string is read as one", json);
  if (text) {
    const boost::json::value same = boost::json::parse(json);
    require(std::string_view{same.as_string()} == *text, "a string is what Boost.JSON reads", json);
  }
}

std::size_t significant_digits(std::string_view number) {
  std::string digits;
  for (const char c : number.substr(0, number.find('e')))
    if (c >= '0' && c <= '9') digits += c;
  digits.erase(0, digits.find_first_not_of('0'));
  while (digits.ends_with('0')) digits.pop_back();
  return digits.size();
}

template <class Real>
void judge_written(Real value) {
  if (!std::isfinite(value)) return;
  const std::string json = weft::to_json(value);
  const auto again = read<Real>(json);
  require(again && std::memcmp(&*again, &value, sizeof value) == 0, "a number reads as it was written", json);
  // Large integers are written out, where that is no longer than with an exponent.
  const auto written = [&](auto... format) {
    char digits[64];
    return std::string{digits, std::to_chars(digits, digits + sizeof digits, value, format...).ptr};
  };
  require(json == written() || significant_digits(json) == significant_digits(written(std::chars_format::scientific)),
          "with as few digits as possible", json);
}

void judge_text(std::string_view bytes) {
  std::string json;
  try {
    json = weft::to_json(bytes);
  } catch (const weft::validation_error&) {
    return;
  }
  const boost::json::value same = boost::json::parse(json);
  require(std::string_view{same.as_string()} == bytes, "Boost.JSON reads a text as it was", json);
  require(read<std::string>(json) == std::string{bytes}, "a text reads as it was written", json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (const auto elements = read<std::vector<weft::raw_json>>(input))
    for (const weft::raw_json& each : *elements) judge_element(each);
  for (std::string_view rest = input; rest.size() >= sizeof(double); rest.remove_prefix(sizeof(double))) {
    double number = 0;
    std::memcpy(&number, rest.data(), sizeof number);
    judge_written(number);
    judge_written(std::round(number * 1e6) / 1e6);
    float single = 0;
    std::memcpy(&single, rest.data(), sizeof single);
    judge_written(single);
  }
  judge_text(input);
  return 0;
}
