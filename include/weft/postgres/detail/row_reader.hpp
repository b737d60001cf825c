#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/field.hpp>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/detail/result.hpp>

namespace weft::postgres::detail {

/// Throws data_error that says where, and what the current exception says.
[[noreturn]] void throw_bad_column(const result& from, std::size_t row, std::size_t column);
[[noreturn]] void throw_no_column(const result& from, std::string_view name);
[[noreturn]] void throw_wrong_columns(const result& from, std::size_t wanted);

template <class T>
void read_column(const result& from, std::size_t row, std::size_t column, T& value) {
  try {
    read_nullable(from.value(row, column), from.column_type(column), value);
  } catch (const std::exception&) {
    throw_bad_column(from, row, column);
  }
}

/// The column of that name; throws data_error if there is none.
std::size_t find_column(const result& from, std::string_view name);

template <class T>
inline constexpr bool is_tuple = false;
template <class... Ts>
inline constexpr bool is_tuple<std::tuple<Ts...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// Makes Ts of rows: a described struct by the columns' names, a tuple by their order, anything else of one column.
template <class T>
class row_reader {
 public:
  explicit row_reader(const result& from) {
    if (from.columns() != 1) throw_wrong_columns(from, 1);
  }
  T read(const result& from, std::size_t row) const {
    T value{};
    read_column(from, row, 0, value);
    return value;
  }
};

/// Also of one column that is JSON or composite, if that has not the name of the only field.
template <described T>
class row_reader<T> {
 public:
  explicit row_reader(const result& from) {
    if (from.columns() == 1) {
      const oid::number type = from.column_type(0);
      whole_ = type == oid::json || type == oid::jsonb || type == oid::record;
    }
    if (whole_) return;
    std::size_t i = 0;
    for_each_field<T>([&](const auto& field) { columns_[i++] = find_column(from, field.name()); });
  }
  T read(const result& from, std::size_t row) const {
    T value{};
    if (whole_) {
      read_column(from, row, 0, value);
    } else {
      std::size_t i = 0;
      for_each_field<T>([&](const auto& field) { read_column(from, row, columns_[i++], field.get(value)); });
    }
    return value;
  }

 private:
  std::array<std::size_t, field_count<T>> columns_{};
  bool whole_ = false;
};

template <class T>
  requires is_tuple<T>
class row_reader<T> {
 public:
  explicit row_reader(const result& from) {
    if (from.columns() != std::tuple_size_v<T>) throw_wrong_columns(from, std::tuple_size_v<T>);
  }
  T read(const result& from, std::size_t row) const {
    T value{};
    std::apply(
        [&](auto&... part) {
          std::size_t column = 0;
          (read_column(from, row, column++, part), ...);
        },
        value);
    return value;
  }
};

}  // namespace weft::postgres::detail
