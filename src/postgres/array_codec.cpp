#include <array>
#include <string>
#include <utility>
#include <vector>
#include <weft/postgres/array_codec.hpp>

namespace weft::postgres::detail {

namespace {

struct array_type {
  oid::number element;
  oid::number array;
};
constexpr std::array<array_type, 31> array_types{{
    {oid::boolean, 1000},
    {oid::bytea, 1001},
    {oid::name, 1003},
    {oid::int2, 1005},
    {oid::int4, 1007},
    {oid::text, 1009},
    {oid::bpchar, 1014},
    {oid::int8, 1016},
    {oid::varchar, 1015},
    {oid::float4, 1021},
    {oid::float8, 1022},
    {oid::oid, 1028},
    {oid::inet, 1041},
    {oid::date, 1182},
    {oid::time, 1183},
    {oid::timestamp, 1115},
    {oid::timestamptz, 1185},
    {oid::interval, 1187},
    {oid::timetz, 1270},
    {oid::numeric, 1231},
    {oid::uuid, 2951},
    {oid::jsonb, 3807},
    {oid::json, 199},
    {oid::cidr, 651},
    {oid::record, oid::record_array},
    // ranges
    {3904, 3905},
    {3906, 3907},
    {3908, 3909},
    {3910, 3911},
    {3912, 3913},
    {3926, 3927},
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
  if (const std::vector<oid::number>* const parts = parts_of(array)) return parts->front();
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

oid::number element_of_range(oid::number range) noexcept {
  for (const oid::number one : {oid::int4, oid::numeric, oid::timestamp, oid::timestamptz, oid::date, oid::int8}) {
    if (range_of(one) == range) return one;
  }
  if (const std::vector<oid::number>* const parts = parts_of(range)) return base_of(parts->front());
  return oid::unknown;
}

namespace {

struct multirange_type {
  oid::number range;
  oid::number multirange;
};
constexpr std::array<multirange_type, 6> multirange_types{
    {{3904, 4451}, {3906, 4532}, {3908, 4533}, {3910, 4534}, {3912, 4535}, {3926, 4536}}};

}  // namespace

oid::number multirange_of(oid::number range) noexcept {
  for (const multirange_type& one : multirange_types) {
    if (one.range == range) return one.multirange;
  }
  return oid::unknown;
}

oid::number range_of_multirange(oid::number multirange) noexcept {
  for (const multirange_type& one : multirange_types) {
    if (one.multirange == multirange) return one.range;
  }
  if (const std::vector<oid::number>* const parts = parts_of(multirange)) return parts->front();
  return oid::unknown;
}

std::pair<std::vector<std::size_t>, oid::number> read_array_head(wire_reader& from, oid::number is, int depth) {
  if (element_of(is) == oid::unknown && is < oid::first_of_users) throw_no_fit(is, "an array");
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

void append_element(std::string& to, const std::string* text) {
  if (text == nullptr) {
    to += "NULL";
    return;
  }
  to += '"';
  for (const char c : *text) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
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

}  // namespace weft::postgres::detail
