#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <weft/postgres/codec.hpp>

namespace weft::postgres::detail {

namespace {

template <class T>
void put_in_range(std::string& to, std::int64_t value, const char* what) {
  if (!std::in_range<T>(value)) throw_out_of_range(what);
  put(to, static_cast<T>(value));
}

}  // namespace

std::int64_t read_integer(std::string_view from, oid::number is) {
  switch (is) {
    case oid::int2:
      return whole_number<std::int16_t>(from);
    case oid::int4:
      return whole_number<std::int32_t>(from);
    case oid::int8:
      return whole_number<std::int64_t>(from);
    case oid::oid:
      return whole_number<std::uint32_t>(from);
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
      return static_cast<double>(whole_number<float>(from));
    case oid::float8:
      return whole_number<double>(from);
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

}  // namespace weft::postgres::detail
