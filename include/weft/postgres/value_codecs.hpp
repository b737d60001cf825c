#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include <weft/describe.hpp>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/types.hpp>

namespace weft::postgres {

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
      value.clear();
      value.append(from);  // costs a new string half of what assign does
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
  static void write(std::string& to, const inet& value, oid::number as) { detail::write_inet(to, value.text, as); }
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

}  // namespace weft::postgres
