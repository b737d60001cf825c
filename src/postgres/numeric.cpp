#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>
#include <weft/postgres/codec.hpp>

namespace weft::postgres::detail {

namespace {

// numeric in binary: base 10,000 digits, the first of which stands for 10,000^weight.
constexpr std::uint16_t negative = 0x4000;
constexpr std::uint16_t not_a_number = 0xC000;
constexpr std::uint16_t plus_infinity = 0xD000;
constexpr std::uint16_t minus_infinity = 0xF000;

void append_group(std::string& text, int digits) {
  text += static_cast<char>('0' + digits / 1000);
  text += static_cast<char>('0' + digits / 100 % 10);
  text += static_cast<char>('0' + digits / 10 % 10);
  text += static_cast<char>('0' + digits % 10);
}

}  // namespace

std::string numeric_text(std::string_view from) {
  wire_reader reader{from};
  const auto count = reader.number<std::uint16_t>();  // not signed, whatever the documentation says
  const auto weight = reader.number<std::int16_t>();
  const auto sign = reader.number<std::uint16_t>();
  const auto scale = reader.number<std::uint16_t>();
  if (sign == not_a_number) return "NaN";
  if (sign == plus_infinity) return "Infinity";
  if (sign == minus_infinity) return "-Infinity";

  std::vector<std::int16_t> groups;
  groups.reserve(std::min<std::size_t>(count, reader.rest().size() / 2));
  for (int i = 0; i < count; ++i) groups.push_back(reader.number<std::int16_t>());
  const auto group = [&](int power) {  // of 10,000^power
    const int at = weight - power;
    return at >= 0 && at < count ? groups[static_cast<std::size_t>(at)] : std::int16_t{0};
  };
  std::string text;
  for (int power = weight; power >= 0; --power) append_group(text, group(power));
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  if (text.empty()) text = "0";
  if (sign == negative) text.insert(0, 1, '-');
  if (scale > 0) {
    text += '.';
    const std::size_t end = text.size() + scale;
    for (int power = -1; text.size() < end; --power) append_group(text, group(power));
    text.resize(end);
  }
  return text;
}

void write_numeric(std::string& to, std::string_view text) {
  const auto head = [&to](std::size_t count, int weight, std::uint16_t sign, std::size_t scale) {
    put(to, static_cast<std::uint16_t>(count));
    put(to, static_cast<std::int16_t>(weight));
    put(to, sign);
    put(to, static_cast<std::uint16_t>(scale));
  };
  if (text == "NaN" || text == "nan") return head(0, 0, not_a_number, 0);
  if (text == "Infinity" || text == "inf") return head(0, 0, plus_infinity, 0);
  if (text == "-Infinity" || text == "-inf") return head(0, 0, minus_infinity, 0);

  const std::string_view given = text;
  bool below_zero = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    below_zero = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string integer{text.substr(0, point)};
  std::string fraction{text.substr(std::min(point + 1, text.size()))};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (integer.size() + fraction.size() == 0 || !std::all_of(integer.begin(), integer.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit) || integer.size() > 131072 || fraction.size() > 16383) {
    throw data_error{"\"" + std::string{given} + "\" is no numeric"};
  }
  const std::size_t scale = fraction.size();
  integer.insert(0, (4 - integer.size() % 4) % 4, '0');
  fraction.append((4 - fraction.size() % 4) % 4, '0');
  const std::string digits = integer + fraction;
  std::vector<std::int16_t> groups;
  for (std::size_t at = 0; at < digits.size(); at += 4) {
    int group = 0;
    for (std::size_t i = 0; i < 4; ++i) group = group * 10 + (digits[at + i] - '0');
    groups.push_back(static_cast<std::int16_t>(group));
  }
  int weight = static_cast<int>(integer.size() / 4) - 1;
  const auto first = std::find_if(groups.begin(), groups.end(), [](std::int16_t group) { return group != 0; });
  weight -= static_cast<int>(first - groups.begin());
  groups.erase(groups.begin(), first);
  while (!groups.empty() && groups.back() == 0) groups.pop_back();
  if (groups.empty()) weight = 0;
  head(groups.size(), weight, below_zero && !groups.empty() ? negative : 0, scale);
  for (const std::int16_t group : groups) put(to, group);
}

}  // namespace weft::postgres::detail
