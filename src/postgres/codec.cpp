#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <weft/postgres/codec.hpp>

namespace weft::postgres {

namespace detail {

void wire_reader::throw_too_short() { throw data_error{"a value is shorter than its type"}; }

void throw_no_fit(oid::number is, const char* what) {
  throw data_error{"a value of the server's type " + std::to_string(is) + " does not fit " + what};
}

void throw_out_of_range(const char* what) { throw data_error{std::string{"out of range: "} + what}; }

// ---- numbers --------------------------------------------------------------------------------------------------------

namespace {

template <class T>
T whole(std::string_view from) {
  wire_reader reader{from};
  const T value = reader.number<T>();
  if (!reader.rest().empty()) throw data_error{"a value is longer than its type"};
  return value;
}

template <class T>
void put_in_range(std::string& to, std::int64_t value, const char* what) {
  if (!std::in_range<T>(value)) throw_out_of_range(what);
  put(to, static_cast<T>(value));
}

}  // namespace

std::int64_t read_integer(std::string_view from, oid::number is) {
  switch (is) {
    case oid::int2:
      return whole<std::int16_t>(from);
    case oid::int4:
      return whole<std::int32_t>(from);
    case oid::int8:
      return whole<std::int64_t>(from);
    case oid::oid:
      return whole<std::uint32_t>(from);
    default:
      throw_no_fit(is, "an integer");
  }
}

void write_integer(std::string& to, std::int64_t value, oid::number as) {
  switch (as) {
    case oid::int2:
      return put_in_range<std::int16_t>(to, value, "an integer for smallint");
    case oid::int4:
      return put_in_range<std::int32_t>(to, value, "an integer for integer");
    case oid::int8:
      return put(to, value);
    case oid::oid:
      return put_in_range<std::uint32_t>(to, value, "an integer for oid");
    case oid::float4:
    case oid::float8:
      return write_float(to, static_cast<double>(value), as);
    case oid::numeric:
      return write_numeric(to, std::to_string(value));
    default:
      throw_no_fit(as, "an integer");
  }
}

double read_float(std::string_view from, oid::number is) {
  switch (is) {
    case oid::float4:
      return static_cast<double>(whole<float>(from));
    case oid::float8:
      return whole<double>(from);
    case oid::numeric:
      return std::strtod(numeric_text(from).c_str(), nullptr);
    default:
      return static_cast<double>(read_integer(from, is));
  }
}

void write_float(std::string& to, double value, oid::number as) {
  switch (as) {
    case oid::float4:
      return put(to, static_cast<float>(value));
    case oid::float8:
      return put(to, value);
    case oid::numeric: {
      std::array<char, 400> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
      return write_numeric(to, {digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
    }
    default:
      throw_no_fit(as, "a floating-point number");
  }
}

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
  const auto count = reader.number<std::int16_t>();
  const auto weight = reader.number<std::int16_t>();
  const auto sign = reader.number<std::uint16_t>();
  const auto scale = reader.number<std::uint16_t>();
  if (sign == not_a_number) return "NaN";
  if (sign == plus_infinity) return "Infinity";
  if (sign == minus_infinity) return "-Infinity";

  std::vector<std::int16_t> groups;
  groups.reserve(static_cast<std::size_t>(std::max<std::int16_t>(count, 0)));
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
    put(to, static_cast<std::int16_t>(count));
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
  while (!groups.empty() && groups.front() == 0) {
    groups.erase(groups.begin());
    --weight;
  }
  while (!groups.empty() && groups.back() == 0) groups.pop_back();
  if (groups.empty()) weight = 0;
  head(groups.size(), weight, below_zero && !groups.empty() ? negative : 0, scale);
  for (const std::int16_t group : groups) put(to, group);
}

// ---- text -----------------------------------------------------------------------------------------------------------

std::string_view json_in(std::string_view from, oid::number is) {
  if (is == oid::jsonb) {
    if (from.empty() || from[0] != '\1') throw data_error{"jsonb of an unknown version"};
    return from.substr(1);
  }
  if (is != oid::json && is != oid::text && is != oid::varchar) throw_no_fit(is, "JSON");
  return from;
}

std::string read_text(std::string_view from, oid::number is) {
  switch (is) {
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::single_char:
    case oid::unknown_text:
    case oid::json:
    case 142:  // xml
      return std::string{from};
    case oid::jsonb:
      return std::string{json_in(from, is)};
    case oid::numeric:
      return numeric_text(from);
    case oid::inet:
    case oid::cidr:
      return inet_text(from);
    case oid::uuid: {
      uuid value;
      codec<uuid>::read(from, is, value);
      return value.str();
    }
    default:
      if (is < oid::first_of_users) throw_no_fit(is, "text");
      return std::string{from};  // an enumeration, a type like citext
  }
}

void write_text_as(std::string& to, std::string_view text, oid::number as) {
  switch (as) {
    case oid::jsonb:
      to += '\1';
      to += text;
      return;
    case oid::numeric:
      return write_numeric(to, text);
    case oid::uuid: {
      const std::optional<uuid> value = uuid::parse(text);
      if (!value) throw data_error{"\"" + std::string{text} + "\" is no UUID"};
      return codec<uuid>::write(to, *value, as);
    }
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::json:
    case oid::unknown_text:
    case oid::unknown:
      to += text;
      return;
    default:
      if (as < oid::first_of_users) throw_no_fit(as, "text");
      to += text;
  }
}

std::string inet_text(std::string_view from) {
  wire_reader reader{from};
  const auto family = reader.number<std::uint8_t>();
  const auto bits = reader.number<std::uint8_t>();
  const bool is_cidr = reader.number<std::uint8_t>() != 0;
  const auto length = reader.number<std::uint8_t>();
  const std::string_view address = reader.bytes(length);
  const bool v4 = family == 2;
  if (address.size() != (v4 ? 4U : 16U)) throw data_error{"an address of an unknown kind"};
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  const bool whole_address = bits == (v4 ? 32 : 128);
  return whole_address && !is_cidr ? text.data() : text.data() + ("/" + std::to_string(bits));
}

// ---- time -----------------------------------------------------------------------------------------------------------

std::int64_t read_timestamp(std::string_view from, oid::number is, oid::number wanted) {
  if (is != wanted) throw_no_fit(is, "a time point");
  return whole<std::int64_t>(from);
}

std::int32_t read_date(std::string_view from, oid::number is) {
  if (is != oid::date) throw_no_fit(is, "a date");
  return whole<std::int32_t>(from);
}

interval read_interval(std::string_view from, oid::number is) {
  if (is != oid::interval) throw_no_fit(is, "an interval");
  wire_reader reader{from};
  interval value;
  value.time = std::chrono::microseconds{reader.number<std::int64_t>()};
  value.days = reader.number<std::int32_t>();
  value.months = reader.number<std::int32_t>();
  return value;
}

void write_interval(std::string& to, const interval& value, oid::number as) {
  if (as != oid::interval) throw_no_fit(as, "an interval");
  put(to, std::int64_t{value.time.count()});
  put(to, value.days);
  put(to, value.months);
}

std::chrono::microseconds read_duration(std::string_view from, oid::number is) {
  if (is == oid::time) return std::chrono::microseconds{whole<std::int64_t>(from)};
  const interval value = read_interval(from, is);
  if (value.months != 0) throw_out_of_range("months have no length; ask for an interval");
  return value.time + std::chrono::days{value.days};
}

// ---- arrays, ranges, hstore -----------------------------------------------------------------------------------------

namespace {

struct array_type {
  oid::number element;
  oid::number array;
};
constexpr std::array<array_type, 21> array_types{{
    {oid::boolean, 1000},   {oid::bytea, 1001},       {oid::name, 1003},     {oid::int2, 1005},    {oid::int4, 1007},
    {oid::text, 1009},      {oid::bpchar, 1014},      {oid::int8, 1016},     {oid::varchar, 1015}, {oid::float4, 1021},
    {oid::float8, 1022},    {oid::oid, 1028},         {oid::inet, 1041},     {oid::date, 1182},    {oid::time, 1183},
    {oid::timestamp, 1115}, {oid::timestamptz, 1185}, {oid::interval, 1187}, {oid::numeric, 1231}, {oid::uuid, 2951},
    {oid::jsonb, 3807},
}};

}  // namespace

oid::number array_of(oid::number element) noexcept {
  for (const array_type& one : array_types) {
    if (one.element == element) return one.array;
  }
  return oid::unknown;
}

oid::number element_of(oid::number array) noexcept {
  for (const array_type& one : array_types) {
    if (one.array == array) return one.element;
  }
  return oid::unknown;
}

oid::number range_of(oid::number element) noexcept {
  switch (element) {
    case oid::int4:
      return 3904;
    case oid::numeric:
      return 3906;
    case oid::timestamp:
      return 3908;
    case oid::timestamptz:
      return 3910;
    case oid::date:
      return 3912;
    case oid::int8:
      return 3926;
    default:
      return oid::unknown;
  }
}

std::pair<std::vector<std::size_t>, oid::number> read_array_head(wire_reader& from, oid::number is, int depth) {
  if (element_of(is) == oid::unknown && is < oid::first_of_users && is != 199) throw_no_fit(is, "an array");
  const auto dimensions = from.number<std::int32_t>();
  (void)from.number<std::int32_t>();  // whether there are NULLs
  const auto element = from.number<oid::number>();
  std::pair<std::vector<std::size_t>, oid::number> head{{}, element};
  if (dimensions == 0) return head;
  if (dimensions != depth) {
    throw data_error{"an array of " + std::to_string(dimensions) + " dimensions does not fit one of " +
                     std::to_string(depth)};
  }
  for (int i = 0; i < depth; ++i) {
    const auto size = from.number<std::int32_t>();
    (void)from.number<std::int32_t>();  // the lower bound
    if (size < 0) throw data_error{"an array of negative size"};
    head.first.push_back(static_cast<std::size_t>(size));
  }
  return head;
}

void write_array_head(std::string& to, const std::vector<std::size_t>& sizes, oid::number element) {
  put(to, static_cast<std::int32_t>(sizes.size()));
  put(to, std::int32_t{0});
  put(to, element);
  for (const std::size_t size : sizes) {
    put(to, static_cast<std::int32_t>(size));
    put(to, std::int32_t{1});
  }
}

}  // namespace detail

namespace {

void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
}

using hstore = std::map<std::string, std::optional<std::string>>;

}  // namespace

void codec<hstore>::write_text(std::string& to, const hstore& value) {
  const char* separator = "";
  for (const auto& [key, one] : value) {
    to += separator;
    append_quoted(to, key);
    to += "=>";
    if (one) {
      append_quoted(to, *one);
    } else {
      to += "NULL";
    }
    separator = ", ";
  }
}

void codec<hstore>::write(std::string& to, const hstore& value, oid::number) {
  detail::put(to, static_cast<std::int32_t>(value.size()));
  for (const auto& [key, one] : value) {
    detail::write_sized(to, key, oid::text);
    detail::write_sized(to, one, oid::text);
  }
}

void codec<hstore>::read(std::string_view from, oid::number is, hstore& value) {
  if (is < oid::first_of_users) detail::throw_no_fit(is, "hstore");
  detail::wire_reader reader{from};
  value.clear();
  for (auto left = reader.number<std::int32_t>(); left > 0; --left) {
    std::string key{detail::read_sized(reader)};
    const std::string_view bytes = detail::read_sized(reader);
    std::optional<std::string> one;
    if (bytes.data() != nullptr) one.emplace(bytes);
    value.insert_or_assign(std::move(key), std::move(one));
  }
}

}  // namespace weft::postgres
