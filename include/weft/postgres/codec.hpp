#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <weft/describe.hpp>
#include <weft/postgres/detail/oid.hpp>
#include <weft/postgres/detail/wire.hpp>
#include <weft/postgres/error.hpp>
#include <weft/postgres/types.hpp>

namespace weft::postgres {

/// How values of T travel to and from the server; to be specialised for types of one's own:
///
/// - `static constexpr oid::number type`: the server's type of a parameter; oid::unknown lets the server decide.
/// - `static constexpr bool as_text`: a parameter is sent as text, by `write_text(std::string& to, const T&)`.
/// - `static void write(std::string& to, const T&, oid::number as)`: appends the server's binary format of type `as`:
///   of a parameter that is not sent as text, or of a column of that type in copy_in.
/// - `static void read(std::string_view from, oid::number is, T& value)`: takes the binary format of type `is`.
///
/// They throw data_error for what does not fit. What a query does not use need not be there.
template <class T>
struct codec;

namespace detail {

[[noreturn]] void throw_no_fit(oid::number is, const char* what);
[[noreturn]] void throw_out_of_range(const char* what);

std::int64_t read_integer(std::string_view from, oid::number is);
void write_integer(std::string& to, std::int64_t value, oid::number as);
double read_float(std::string_view from, oid::number is);
void write_float(std::string& to, double value, oid::number as);
std::string read_text(std::string_view from, oid::number is);
void write_text_as(std::string& to, std::string_view text, oid::number as);
std::string numeric_text(std::string_view from);
void write_numeric(std::string& to, std::string_view text);
std::string inet_text(std::string_view from);
std::string_view json_in(std::string_view from, oid::number is);
std::int64_t read_timestamp(std::string_view from, oid::number is, oid::number wanted);
std::int32_t read_date(std::string_view from, oid::number is);
std::chrono::microseconds read_duration(std::string_view from, oid::number is);
interval read_interval(std::string_view from, oid::number is);
void write_interval(std::string& to, const interval& value, oid::number as);
/// The array type of an element type; unknown if that is not one of the server's own.
oid::number array_of(oid::number element) noexcept;
oid::number range_of(oid::number element) noexcept;

template <class T>
concept plain_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

inline constexpr std::chrono::sys_days epoch{std::chrono::days{10957}};  // 2000-01-01

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// A value or NULL; `bytes` without data is NULL.
template <class T>
void read_nullable(std::string_view bytes, oid::number is, T& value) {
  if constexpr (is_optional<T>) {
    if (bytes.data() == nullptr) {
      value.reset();
    } else {
      codec<typename T::value_type>::read(bytes, is, value.emplace());
    }
  } else {
    if (bytes.data() == nullptr) throw data_error{"NULL, and the type that was asked for is not optional"};
    codec<T>::read(bytes, is, value);
  }
}

/// The length and the value, as in arrays, composites and COPY.
template <class T>
void write_sized(std::string& to, const T& value, oid::number as) {
  if constexpr (is_optional<T>) {
    if (value) {
      write_sized(to, *value, as);
    } else {
      put(to, std::int32_t{-1});
    }
  } else {
    const std::size_t at = to.size();
    put(to, std::int32_t{0});
    codec<T>::write(to, value, as);
    const std::size_t length = to.size() - at - sizeof(std::int32_t);
    if (length > std::size_t{std::numeric_limits<std::int32_t>::max()}) throw_out_of_range("a value of 2 GiB");
    const std::uint32_t bytes = big_endian(static_cast<std::uint32_t>(length));
    std::memcpy(to.data() + at, &bytes, sizeof bytes);
  }
}

/// The length and the value as read: no data for NULL.
inline std::string_view read_sized(wire_reader& from) {
  const auto length = from.number<std::int32_t>();
  return length < 0 ? std::string_view{} : from.bytes(static_cast<std::size_t>(length));
}

}  // namespace detail

// ---- numbers and text -----------------------------------------------------------------------------------------------

template <>
struct codec<bool> {
  static constexpr oid::number type = oid::boolean;
  static constexpr bool as_text = false;
  static void write(std::string& to, bool value, oid::number as) {
    if (as != oid::boolean) detail::throw_no_fit(as, "bool");
    to += value ? '\1' : '\0';
  }
  static void read(std::string_view from, oid::number is, bool& value) {
    if (is != oid::boolean || from.size() != 1) detail::throw_no_fit(is, "bool");
    value = from[0] != 0;
  }
};

/// int2, int4 and int8 by the range of T; reads any of them, if the value is within that range.
template <detail::plain_integer T>
struct codec<T> {
  static constexpr oid::number type = std::numeric_limits<T>::digits <= 15   ? oid::int2
                                      : std::numeric_limits<T>::digits <= 31 ? oid::int4
                                                                             : oid::int8;
  static constexpr bool as_text = false;
  static void write(std::string& to, T value, oid::number as) {
    if (!std::in_range<std::int64_t>(value)) detail::throw_out_of_range("an integer above the server's");
    detail::write_integer(to, static_cast<std::int64_t>(value), as);
  }
  static void read(std::string_view from, oid::number is, T& value) {
    std::int64_t wide = 0;
    if (is == oid::int4 && from.size() == sizeof(std::int32_t)) {
      wide = detail::get<std::int32_t>(from);
    } else {
      wide = detail::read_integer(from, is);
    }
    if (!std::in_range<T>(wide)) detail::throw_out_of_range("an integer that the C++ type cannot hold");
    value = static_cast<T>(wide);
  }
};

/// float4 and float8; reads any number, to the nearest value.
template <std::floating_point T>
  requires(sizeof(T) <= sizeof(double))
struct codec<T> {
  static constexpr oid::number type = sizeof(T) == sizeof(float) ? oid::float4 : oid::float8;
  static constexpr bool as_text = false;
  static void write(std::string& to, T value, oid::number as) { detail::write_float(to, value, as); }
  static void read(std::string_view from, oid::number is, T& value) {
    if (is == oid::float8 && from.size() == sizeof(double)) {
      value = static_cast<T>(detail::get<double>(from));
    } else {
      value = static_cast<T>(detail::read_float(from, is));
    }
  }
};

/// Text of the server's encoding, which is UTF-8 for connections of this library. As a parameter it is whatever the
/// statement wants at its place: text, a date, an enumeration, json, ...; without zero bytes. Also what a number that
/// is exact, an address, a uuid or an enumeration looks like can be read into it.
template <>
struct codec<std::string> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, std::string_view value) { to += value; }
  static void write(std::string& to, std::string_view value, oid::number as) { detail::write_text_as(to, value, as); }
  static void read(std::string_view from, oid::number is, std::string& value) {
    if (is == oid::text || is == oid::varchar) {
      value.assign(from);
    } else {
      value = detail::read_text(from, is);
    }
  }
};

/// Parameters only.
template <>
struct codec<std::string_view> : codec<std::string> {};
template <>
struct codec<const char*> : codec<std::string> {};

template <>
struct codec<numeric> {
  static constexpr oid::number type = oid::numeric;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const numeric& value) { to += value.text; }
  static void write(std::string& to, const numeric& value, oid::number as) {
    detail::write_text_as(to, value.text, as);
  }
  static void read(std::string_view from, oid::number is, numeric& value) {
    if (is == oid::numeric) {
      value.text = detail::numeric_text(from);
    } else {
      value.text = std::to_string(detail::read_integer(from, is));
    }
  }
};

template <>
struct codec<inet> {
  static constexpr oid::number type = oid::inet;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const inet& value) { to += value.text; }
  static void read(std::string_view from, oid::number is, inet& value) {
    if (is != oid::inet && is != oid::cidr) detail::throw_no_fit(is, "inet");
    value.text = detail::inet_text(from);
  }
};

/// bytea.
template <>
struct codec<std::vector<std::byte>> {
  static constexpr oid::number type = oid::bytea;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::vector<std::byte>& value, oid::number as) {
    if (as != oid::bytea) detail::throw_no_fit(as, "bytes");
    to.append(reinterpret_cast<const char*>(value.data()), value.size());
  }
  static void read(std::string_view from, oid::number is, std::vector<std::byte>& value) {
    if (is != oid::bytea) detail::throw_no_fit(is, "bytes");
    const auto* const first = reinterpret_cast<const std::byte*>(from.data());
    value.assign(first, first + from.size());
  }
};

template <>
struct codec<uuid> {
  static constexpr oid::number type = oid::uuid;
  static constexpr bool as_text = false;
  static void write(std::string& to, const uuid& value, oid::number as) {
    if (as != oid::uuid) detail::throw_no_fit(as, "uuid");
    to.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
  }
  static void read(std::string_view from, oid::number is, uuid& value) {
    if (is != oid::uuid || from.size() != value.bytes.size()) detail::throw_no_fit(is, "uuid");
    for (std::size_t i = 0; i < from.size(); ++i) value.bytes[i] = static_cast<std::uint8_t>(from[i]);
  }
};

template <>
struct codec<json_text> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const json_text& value) { to += value.text; }
  static void write(std::string& to, const json_text& value, oid::number as) {
    detail::write_text_as(to, value.text, as);
  }
  static void read(std::string_view from, oid::number is, json_text& value) {
    value.text.assign(detail::json_in(from, is));
  }
};

/// What a function that returns void gives.
template <>
struct codec<std::monostate> {
  static void read(std::string_view, oid::number is, std::monostate&) {
    if (is != oid::nothing) detail::throw_no_fit(is, "void");
  }
};

// ---- time -----------------------------------------------------------------------------------------------------------

/// timestamptz. infinity and -infinity are the type's largest and smallest value.
template <class Duration>
  requires(!std::same_as<Duration, std::chrono::days>)
struct codec<std::chrono::sys_time<Duration>> {
  using value_type = std::chrono::sys_time<Duration>;
  static constexpr oid::number type = oid::timestamptz;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    if (as != oid::timestamptz) detail::throw_no_fit(as, "sys_time");
    using limits = std::numeric_limits<std::int64_t>;
    if (value == value_type::max() || value == value_type::min()) {
      detail::put(to, value == value_type::max() ? limits::max() : limits::min());
      return;
    }
    const auto since = std::chrono::floor<std::chrono::microseconds>(value) - detail::epoch;
    detail::put(to, std::int64_t{since.count()});
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    using std::chrono::microseconds;
    const std::int64_t since = detail::read_timestamp(from, is, oid::timestamptz);
    if (since == std::numeric_limits<std::int64_t>::max()) {
      value = value_type::max();
    } else if (since == std::numeric_limits<std::int64_t>::min()) {
      value = value_type::min();
    } else {
      value = std::chrono::floor<Duration>(std::chrono::sys_time<microseconds>{detail::epoch} + microseconds{since});
    }
  }
};

/// timestamp, likewise.
template <class Duration>
struct codec<std::chrono::local_time<Duration>> {
  using value_type = std::chrono::local_time<Duration>;
  using other = std::chrono::sys_time<std::chrono::microseconds>;
  static constexpr oid::number type = oid::timestamp;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    if (as != oid::timestamp) detail::throw_no_fit(as, "local_time");
    if (value == value_type::max()) return codec<other>::write(to, other::max(), oid::timestamptz);
    if (value == value_type::min()) return codec<other>::write(to, other::min(), oid::timestamptz);
    const auto since = std::chrono::floor<std::chrono::microseconds>(value.time_since_epoch());
    codec<other>::write(to, other{since}, oid::timestamptz);
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    if (is != oid::timestamp) detail::throw_no_fit(is, "local_time");
    other universal;
    codec<other>::read(from, oid::timestamptz, universal);
    if (universal == other::max()) {
      value = value_type::max();
    } else if (universal == other::min()) {
      value = value_type::min();
    } else {
      value = value_type{std::chrono::floor<Duration>(universal.time_since_epoch())};
    }
  }
};

/// date; infinity as above.
template <>
struct codec<std::chrono::sys_days> {
  static constexpr oid::number type = oid::date;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::sys_days& value, oid::number as) {
    if (as != oid::date) detail::throw_no_fit(as, "sys_days");
    if (value == std::chrono::sys_days::max() || value == std::chrono::sys_days::min()) {
      using limits = std::numeric_limits<std::int32_t>;
      detail::put(to, value == std::chrono::sys_days::max() ? limits::max() : limits::min());
      return;
    }
    detail::put(to, static_cast<std::int32_t>((value - detail::epoch).count()));
  }
  static void read(std::string_view from, oid::number is, std::chrono::sys_days& value) {
    const std::int32_t since = detail::read_date(from, is);
    if (since == std::numeric_limits<std::int32_t>::max()) {
      value = std::chrono::sys_days::max();
    } else if (since == std::numeric_limits<std::int32_t>::min()) {
      value = std::chrono::sys_days::min();
    } else {
      value = detail::epoch + std::chrono::days{since};
    }
  }
};

/// date, between the years -32767 and 32767.
template <>
struct codec<std::chrono::year_month_day> {
  static constexpr oid::number type = oid::date;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::year_month_day& value, oid::number as) {
    if (!value.ok()) detail::throw_out_of_range("a date that is none");
    codec<std::chrono::sys_days>::write(to, std::chrono::sys_days{value}, as);
  }
  static void read(std::string_view from, oid::number is, std::chrono::year_month_day& value) {
    const std::int32_t since = detail::read_date(from, is);
    constexpr std::chrono::sys_days first{std::chrono::year{-32767} / 1 / 1};
    constexpr std::chrono::sys_days last{std::chrono::year{32767} / 12 / 31};
    if (since < (first - detail::epoch).count() || since > (last - detail::epoch).count()) {
      detail::throw_out_of_range("a date that year_month_day cannot hold");
    }
    value = std::chrono::year_month_day{detail::epoch + std::chrono::days{since}};
  }
};

/// time.
template <class Duration>
struct codec<std::chrono::hh_mm_ss<Duration>> {
  static constexpr oid::number type = oid::time;
  static constexpr bool as_text = false;
  static void write(std::string& to, const std::chrono::hh_mm_ss<Duration>& value, oid::number as) {
    if (as != oid::time) detail::throw_no_fit(as, "hh_mm_ss");
    detail::put(to, std::int64_t{std::chrono::floor<std::chrono::microseconds>(value.to_duration()).count()});
  }
  static void read(std::string_view from, oid::number is, std::chrono::hh_mm_ss<Duration>& value) {
    if (is != oid::time) detail::throw_no_fit(is, "hh_mm_ss");
    value = std::chrono::hh_mm_ss<Duration>{std::chrono::floor<Duration>(detail::read_duration(from, is))};
  }
};

template <>
struct codec<interval> {
  static constexpr oid::number type = oid::interval;
  static constexpr bool as_text = false;
  static void write(std::string& to, const interval& value, oid::number as) { detail::write_interval(to, value, as); }
  static void read(std::string_view from, oid::number is, interval& value) { value = detail::read_interval(from, is); }
};

/// interval without months, whose days have 24 hours; reads time, too.
template <class Rep, class Period>
struct codec<std::chrono::duration<Rep, Period>> {
  using value_type = std::chrono::duration<Rep, Period>;
  static constexpr oid::number type = oid::interval;
  static constexpr bool as_text = false;
  static void write(std::string& to, const value_type& value, oid::number as) {
    detail::write_interval(to, {.time = std::chrono::floor<std::chrono::microseconds>(value)}, as);
  }
  static void read(std::string_view from, oid::number is, value_type& value) {
    value = std::chrono::floor<value_type>(detail::read_duration(from, is));
  }
};

// ---- what consists of other types -----------------------------------------------------------------------------------

/// A described enumeration is an enumeration of the server's with these names.
template <described_enum E>
struct codec<E> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, E value) {
    const std::optional<std::string_view> name = enum_name(value);
    if (!name) detail::throw_out_of_range("a value of an enumeration without a name");
    to += *name;
  }
  static void write(std::string& to, E value, oid::number) { write_text(to, value); }
  static void read(std::string_view from, oid::number is, E& value) {
    const std::string name = detail::read_text(from, is);
    for (const auto& one : enumerators_of<E>) {
      if (one.name == name) {
        value = one.value;
        return;
      }
    }
    throw data_error{"\"" + name + "\" is no name of the enumeration"};
  }
};

/// A described type is json or jsonb, and as a result also a composite type with fields of these types in this order.
template <described T>
struct codec<T> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const T& value) { to += to_json(value); }
  static void write(std::string& to, const T& value, oid::number as) { detail::write_text_as(to, to_json(value), as); }
  static void read(std::string_view from, oid::number is, T& value) {
    if (is == oid::json || is == oid::jsonb) {
      value = from_json<T>(detail::json_in(from, is));
      return;
    }
    if (is != oid::record && is < oid::first_of_users) detail::throw_no_fit(is, "a described type");
    detail::wire_reader reader{from};
    if (reader.number<std::int32_t>() != static_cast<std::int32_t>(field_count<T>)) {
      throw data_error{"a composite value has another number of fields than the described type"};
    }
    for_each_field<T>([&](const auto& field) {
      const auto of = reader.number<oid::number>();
      const std::string_view bytes = detail::read_sized(reader);
      detail::read_nullable(bytes, of, field.get(value));
    });
  }
};

namespace detail {

template <class T>
struct array_part {
  using leaf = T;
  static constexpr int depth = 0;
};
template <class T>
  requires(!std::same_as<T, std::byte>)
struct array_part<std::vector<T>> {
  using leaf = typename array_part<T>::leaf;
  static constexpr int depth = 1 + array_part<T>::depth;
};

template <class T>
struct without_optional {
  using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
  using type = T;
};

template <class T>
void measure_array(const std::vector<T>& value, std::vector<std::size_t>& sizes, std::size_t level) {
  if (sizes.size() == level) sizes.push_back(value.size());
  if (sizes[level] != value.size()) throw data_error{"the arrays in an array must all have the same size"};
  if constexpr (array_part<T>::depth > 0) {
    for (const T& part : value) measure_array(part, sizes, level + 1);
  }
}

template <class T>
void write_elements(std::string& to, const std::vector<T>& value, oid::number element) {
  for (const auto& part : value) {
    if constexpr (array_part<T>::depth > 0) {
      write_elements(to, part, element);
    } else {
      write_sized<T>(to, part, element);
    }
  }
}

template <class T>
void read_elements(wire_reader& from, const std::vector<std::size_t>& sizes, std::size_t level, oid::number element,
                   std::vector<T>& value) {
  value.clear();
  for (std::size_t i = 0; i < sizes[level]; ++i) {
    T part{};
    if constexpr (array_part<T>::depth > 0) {
      read_elements(from, sizes, level + 1, element, part);
    } else {
      const std::string_view bytes = read_sized(from);
      read_nullable(bytes, element, part);
    }
    value.push_back(std::move(part));
  }
}

/// The sizes of an array's dimensions and the type of its elements. Throws data_error.
std::pair<std::vector<std::size_t>, oid::number> read_array_head(wire_reader& from, oid::number is, int depth);
void write_array_head(std::string& to, const std::vector<std::size_t>& sizes, oid::number element);
oid::number element_of(oid::number array) noexcept;

}  // namespace detail

/// An array, of as many dimensions as there are vectors in each other. NULL only into optional elements.
template <class T>
  requires(!std::same_as<T, std::byte>)
struct codec<std::vector<T>> {
  using leaf = typename detail::without_optional<typename detail::array_part<std::vector<T>>::leaf>::type;
  static constexpr int depth = detail::array_part<std::vector<T>>::depth;
  static inline const oid::number element = codec<leaf>::type == oid::unknown ? oid::text : codec<leaf>::type;
  static inline const oid::number type = detail::array_of(element);
  static constexpr bool as_text = false;

  static void write(std::string& to, const std::vector<T>& value, oid::number as) {
    oid::number of = detail::element_of(as);
    if (of == oid::unknown) of = element;
    std::vector<std::size_t> sizes;
    detail::measure_array(value, sizes, 0);
    if (sizes.size() < std::size_t{depth} || sizes.back() == 0) sizes.clear();
    detail::write_array_head(to, sizes, of);
    if (!sizes.empty()) detail::write_elements(to, value, of);
  }
  static void read(std::string_view from, oid::number is, std::vector<T>& value) {
    detail::wire_reader reader{from};
    const auto [sizes, of] = detail::read_array_head(reader, is, depth);
    value.clear();
    if (!sizes.empty()) detail::read_elements(reader, sizes, 0, of, value);
  }
};

template <class T>
struct codec<range<T>> {
  static inline const oid::number type = detail::range_of(codec<T>::type);
  static constexpr bool as_text = false;

  static void write(std::string& to, const range<T>& value, oid::number) {
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
  static void read(std::string_view from, oid::number, range<T>& value) {
    detail::wire_reader reader{from};
    const auto flags = reader.number<std::uint8_t>();
    value = {};
    value.empty = (flags & 1U) != 0;
    value.lower_inclusive = (flags & 2U) != 0;
    value.upper_inclusive = (flags & 4U) != 0;
    if (value.empty) return;
    if ((flags & 8U) == 0) read_bound(reader, value.lower);
    if ((flags & 16U) == 0) read_bound(reader, value.upper);
  }

 private:
  static constexpr oid::number bound = codec<T>::type;
  static void read_bound(detail::wire_reader& reader, std::optional<T>& value) {
    const std::string_view bytes = detail::read_sized(reader);
    detail::read_nullable(bytes, bound, value);
  }
};

/// hstore.
template <>
struct codec<std::map<std::string, std::optional<std::string>>> {
  using value_type = std::map<std::string, std::optional<std::string>>;
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const value_type& value);
  static void write(std::string& to, const value_type& value, oid::number as);
  static void read(std::string_view from, oid::number is, value_type& value);
};

}  // namespace weft::postgres
