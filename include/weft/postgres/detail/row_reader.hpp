#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/field.hpp>
#include <weft/postgres/codecs.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>

namespace weft::postgres::detail {

/// Throws data_error that says where, and what the current exception says.
[[noreturn]] void throw_bad_column(const result& from, std::size_t row, std::size_t column);
[[noreturn]] void throw_no_column(const result& from, std::string_view name);
[[noreturn]] void throw_wrong_columns(const result& from, std::size_t wanted);

/// A row of a result that is here as a whole.
class result_row {
 public:
  result_row(const result& of, std::size_t at) noexcept : of_{&of}, at_{at} {}
  std::string_view value(std::size_t column) const noexcept { return of_->value(at_, column); }
  [[noreturn]] void throw_bad(std::size_t column) const { throw_bad_column(*of_, at_, column); }

 private:
  const result* of_;
  std::size_t at_;
};

template <class Row, class T>
void read_column(const Row& from, std::size_t column, oid::number type, T& value) {
  try {
    read_nullable(from.value(column), type, value);
  } catch (const std::exception&) {
    from.throw_bad(column);
  }
}

/// The column of that name, which is probably the one at `guess`; throws data_error if there is none.
std::size_t find_column(const result& from, std::string_view name, std::size_t guess = 0);

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
  static constexpr knowledge needed = has_parts<T> ? knowledge::parts : knowledge::none;
  explicit row_reader(const result& from) {
    if (from.columns() != 1) throw_wrong_columns(from, 1);
    type_ = from.column_type(0);
  }
  template <class Row>
  T read(const Row& from) const {
    T value{};
    read_column(from, 0, type_, value);
    return value;
  }

 private:
  oid::number type_;
};

/// Also of one column that is JSON or composite, if that has not the name of the only field.
template <described T>
class row_reader<T> {
 public:
  static constexpr knowledge needed = [] {
    bool fields = false;
    for_each_field<T>([&](const auto& field) {
      fields = fields || has_parts<std::remove_cvref_t<decltype(field.get(std::declval<T&>()))>>;
    });
    return fields ? knowledge::parts : knowledge::whole;
  }();
  explicit row_reader(const result& from) {
    if (from.columns() == 1) {
      whole_type_ = from.column_type(0);
      whole_ = whole_type_ == oid::json || whole_type_ == oid::jsonb || whole_type_ == oid::record ||
               (whole_type_ >= oid::first_of_users && !has_field(from.column_name(0)));
    }
    if (whole_) return;
    std::size_t i = 0;
    for_each_field<T>([&](const auto& field) {
      const std::size_t at = find_column(from, field.name(), i);
      columns_[i++] = {at, from.column_type(at)};
    });
  }
  template <class Row>
  T read(const Row& from) const {
    T value{};
    if (whole_) {
      read_column(from, 0, whole_type_, value);
    } else {
      const column* next = columns_.data();
      try {
        for_each_field<T>([&](const auto& field) {
          read_nullable(from.value(next->at), next->type, field.get(value));
          ++next;
        });
      } catch (const std::exception&) {
        from.throw_bad(next->at);
      }
    }
    return value;
  }

 private:
  static bool has_field(std::string_view name) {
    bool has = false;
    for_each_field<T>([&](const auto& field) { has = has || field.name() == name; });
    return has;
  }

  struct column {
    std::size_t at;
    oid::number type;
  };
  std::array<column, field_count<T>> columns_{};
  oid::number whole_type_ = oid::unknown;
  bool whole_ = false;
};

template <class T>
  requires is_tuple<T>
class row_reader<T> {
 public:
  static constexpr knowledge needed = []<std::size_t... I>(std::index_sequence<I...>) {
    return (has_parts<std::tuple_element_t<I, T>> || ...) ? knowledge::parts : knowledge::none;
  }(std::make_index_sequence<std::tuple_size_v<T>>{});
  explicit row_reader(const result& from) {
    if (from.columns() != types_.size()) throw_wrong_columns(from, types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i) types_[i] = from.column_type(i);
  }
  template <class Row>
  T read(const Row& from) const {
    T value{};
    std::apply(
        [&](auto&... part) {
          std::size_t column = 0;
          ((read_column(from, column, types_[column], part), ++column), ...);
        },
        value);
    return value;
  }

 private:
  std::array<oid::number, std::tuple_size_v<T>> types_{};
};

/// A row, with what is known about the types in it, if anything needs to be.
template <class T, class Row>
T read_row(const row_reader<T>& reader, const Row& from, const type_book* types) {
  if (types == nullptr) return reader.read(from);
  const reading_in known{types};
  return reader.read(from);
}

}  // namespace weft::postgres::detail
