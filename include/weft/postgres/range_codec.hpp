#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/types.hpp>

namespace weft::postgres {

template <class T>
struct codec<range<T>> {
  static inline const oid::number type = detail::range_of(codec<T>::type);
  static constexpr bool as_text = false;
  static constexpr bool has_parts = true;

  static void write(std::string& to, const range<T>& value, oid::number as) {
    const oid::number bound = bound_of(as);
    constexpr int is_empty = 1, lower_in = 2, upper_in = 4, lower_infinite = 8, upper_infinite = 16;
    int flags = value.empty ? is_empty : 0;
    if (!value.empty) {
      flags |= value.lower ? (value.lower_inclusive ? lower_in : 0) : lower_infinite;
      flags |= value.upper ? (value.upper_inclusive ? upper_in : 0) : upper_infinite;
    }
    to += static_cast<char>(flags);
    if (value.empty) return;
    if (value.lower) detail::write_sized(to, *value.lower, bound);
    if (value.upper) detail::write_sized(to, *value.upper, bound);
  }
  static void read(std::string_view from, oid::number is, range<T>& value) {
    const oid::number bound = bound_of(is);
    detail::wire_reader reader{from};
    const auto flags = reader.number<std::uint8_t>();
    value = {};
    value.empty = (flags & 1U) != 0;
    value.lower_inclusive = (flags & 2U) != 0;
    value.upper_inclusive = (flags & 4U) != 0;
    if (value.empty) return;
    if ((flags & 8U) == 0) read_bound(reader, bound, value.lower);
    if ((flags & 16U) == 0) read_bound(reader, bound, value.upper);
  }

 private:
  static oid::number bound_of(oid::number of) {
    const oid::number known = detail::element_of_range(of);
    if (known == oid::unknown && of != oid::unknown) detail::throw_no_fit(of, "a range");
    return known != oid::unknown ? known : codec<T>::type;
  }
  static void read_bound(detail::wire_reader& reader, oid::number bound, std::optional<T>& value) {
    const std::string_view bytes = detail::read_sized(reader);
    detail::read_nullable(bytes, bound, value);
  }
};

template <class T>
struct codec<multirange<T>> {
  static inline const oid::number type = detail::multirange_of(detail::range_of(codec<T>::type));
  static constexpr bool as_text = false;
  static constexpr bool has_parts = true;

  static void write(std::string& to, const multirange<T>& value, oid::number as) {
    const oid::number each = detail::range_of_multirange(as);
    if (each == oid::unknown && as != oid::unknown) detail::throw_no_fit(as, "a multirange");
    detail::put(to, static_cast<std::int32_t>(value.ranges.size()));
    for (const range<T>& one : value.ranges) detail::write_sized(to, one, each);
  }
  static void read(std::string_view from, oid::number is, multirange<T>& value) {
    const oid::number each = detail::range_of_multirange(is);
    if (each == oid::unknown) detail::throw_no_fit(is, "a multirange");
    detail::wire_reader reader{from};
    value.ranges.clear();
    for (auto left = reader.number<std::int32_t>(); left > 0; --left) {
      detail::read_nullable(detail::read_sized(reader), each, value.ranges.emplace_back());
    }
  }
};

}  // namespace weft::postgres
