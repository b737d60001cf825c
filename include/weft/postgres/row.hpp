#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <weft/postgres/detail/row_reader.hpp>

namespace weft::postgres {

/// One row of a result, with access by name and index. A view: valid as long as the rows that it is of, wherever those
/// are moved to.
class row {
 public:
  /// The value of a column, by its index (from 0) or its name. Throws data_error that names the column for one that
  /// does not exist, for NULL unless T is optional, and for a value that does not fit T.
  template <class T>
  T get(std::size_t column) const {
    if (column >= of_->columns()) detail::throw_wrong_columns(*of_, column + 1);
    T value{};
    const detail::reading_in known{of_->types()};
    detail::read_column(detail::result_row{*of_, at_}, column, of_->column_type(column), value);
    return value;
  }
  template <class T>
  T get(std::string_view column) const {
    return get<T>(detail::find_column(*of_, column));
  }
  /// Whether the column is NULL. Throws data_error for one that does not exist.
  bool is_null(std::string_view column) const {
    return of_->value(at_, detail::find_column(*of_, column)).data() == nullptr;
  }
  /// The whole row as a described struct or a tuple.
  template <class T>
  T as() const {
    return detail::read_row(detail::row_reader<T>{*of_}, detail::result_row{*of_, at_}, of_->types());
  }
  std::size_t size() const noexcept { return of_->columns(); }

  /// For the library's own use.
  row(const detail::answer& of, std::size_t at) noexcept : of_{&of}, at_{at} {}

 private:
  const detail::answer* of_;
  std::size_t at_;
};

/// What a query gave, when no type was asked for. Move-only.
class rows {
 public:
  class iterator {
   public:
    using value_type = row;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = row;
    using pointer = void;
    iterator() noexcept = default;
    iterator(const detail::answer& of, std::size_t at) noexcept : of_{&of}, at_{at} {}
    row operator*() const noexcept { return row{*of_, at_}; }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++at_;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    const detail::answer* of_ = nullptr;
    std::size_t at_ = 0;
  };

  std::size_t size() const noexcept { return held_->rows(); }
  bool empty() const noexcept { return size() == 0; }
  row operator[](std::size_t i) const noexcept { return row{*held_, i}; }
  iterator begin() const noexcept { return {*held_, 0}; }
  iterator end() const noexcept { return {*held_, size()}; }
  std::size_t columns() const noexcept { return held_->columns(); }
  std::string_view column_name(std::size_t column) const noexcept { return held_->column_name(column); }
  /// How many rows the statement has inserted, updated, deleted or given.
  std::uint64_t affected() const noexcept { return held_->affected(); }

  /// For the library's own use.
  explicit rows(detail::answer held) : held_{std::make_unique<detail::answer>(std::move(held))} {}

 private:
  std::unique_ptr<detail::answer> held_;  // stays in its place, for the rows
};

}  // namespace weft::postgres
