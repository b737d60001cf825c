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
#include <weft/postgres/detail/type_book.hpp>
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
/// - `static constexpr bool has_parts = true`, if there are other values in it: the server is asked what users' types
///   are made of before they are read.
///
/// A parameter that is not sent as text and whose type is oid::unknown is written when the server has said what it
/// wants. They throw data_error for what does not fit. What a query does not use need not be there.
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
void write_inet(std::string& to, const std::string& text, oid::number as);
std::string_view json_in(std::string_view from, oid::number is);
std::int64_t read_timestamp(std::string_view from, oid::number is, oid::number wanted);
std::int32_t read_date(std::string_view from, oid::number is);
std::chrono::microseconds read_duration(std::string_view from, oid::number is);
timetz read_timetz(std::string_view from, oid::number is);
void write_timetz(std::string& to, const timetz& value, oid::number as);
interval read_interval(std::string_view from, oid::number is);
void write_interval(std::string& to, const interval& value, oid::number as);
/// The array type of an element type; unknown if that is not one of the server's own.
oid::number array_of(oid::number element) noexcept;
oid::number range_of(oid::number element) noexcept;
/// The reverse.
oid::number element_of_range(oid::number range) noexcept;
oid::number multirange_of(oid::number range) noexcept;
oid::number range_of_multirange(oid::number multirange) noexcept;

template <class T>
concept plain_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

inline constexpr std::chrono::sys_days epoch{std::chrono::days{10957}};  // 2000-01-01

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool has_parts = [] {
  if constexpr (requires { codec<T>::has_parts; }) {
    return codec<T>::has_parts;
  } else {
    return false;
  }
}();
template <class T>
inline constexpr bool has_parts<std::optional<T>> = has_parts<T>;

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

}  // namespace weft::postgres
