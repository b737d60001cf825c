#include <utility>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/time_codecs.hpp>

namespace weft::postgres::detail {

std::int64_t read_timestamp(std::string_view from, oid::number is, oid::number wanted) {
  if (is != wanted) throw_no_fit(is, "a time point");
  return whole_number<std::int64_t>(from);
}

namespace {

constexpr std::int64_t between_epochs = std::int64_t{10957} * 24 * 3600 * 1'000'000;

}  // namespace

std::int64_t to_server_epoch(std::chrono::microseconds since_1970) {
  std::int64_t since = 0;
  if (__builtin_sub_overflow(std::int64_t{since_1970.count()}, between_epochs, &since)) {
    throw_out_of_range("a time that the server cannot hold");
  }
  return since;
}

std::chrono::microseconds from_server_epoch(std::int64_t since_2000) {
  std::int64_t since = 0;
  if (__builtin_add_overflow(since_2000, between_epochs, &since)) {
    throw_out_of_range("a time that its type cannot hold");
  }
  return std::chrono::microseconds{since};
}

std::int32_t read_date(std::string_view from, oid::number is) {
  if (is != oid::date) throw_no_fit(is, "a date");
  return whole_number<std::int32_t>(from);
}

timetz read_timetz(std::string_view from, oid::number is) {
  if (is != oid::timetz) throw_no_fit(is, "timetz");
  wire_reader reader{from};
  timetz value;
  value.time = std::chrono::microseconds{reader.number<std::int64_t>()};
  value.offset = -std::chrono::seconds{reader.number<std::int32_t>()};  // the server counts to the west
  return value;
}

void write_timetz(std::string& to, const timetz& value, oid::number as) {
  if (as != oid::timetz) throw_no_fit(as, "timetz");
  const auto west = -value.offset.count();
  if (!std::in_range<std::int32_t>(west)) throw_out_of_range("an offset from UTC");
  put(to, std::int64_t{value.time.count()});
  put(to, static_cast<std::int32_t>(west));
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
  constexpr std::int64_t day = std::int64_t{24} * 3600 * 1'000'000;
  std::int64_t all = 0;
  if (__builtin_add_overflow(std::int64_t{value.time.count()}, value.days * day, &all)) {
    throw_out_of_range("an interval that a duration cannot hold");
  }
  return std::chrono::microseconds{all};
}

}  // namespace weft::postgres::detail
