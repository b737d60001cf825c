#include <weft/postgres/codec.hpp>

namespace weft::postgres::detail {

std::int64_t read_timestamp(std::string_view from, oid::number is, oid::number wanted) {
  if (is != wanted) throw_no_fit(is, "a time point");
  return whole_number<std::int64_t>(from);
}

std::int32_t read_date(std::string_view from, oid::number is) {
  if (is != oid::date) throw_no_fit(is, "a date");
  return whole_number<std::int32_t>(from);
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
  if (is == oid::time) return std::chrono::microseconds{whole_number<std::int64_t>(from)};
  const interval value = read_interval(from, is);
  if (value.months != 0) throw_out_of_range("months have no length; ask for an interval");
  return value.time + std::chrono::days{value.days};
}

}  // namespace weft::postgres::detail
