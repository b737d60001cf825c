#pragma once

#include <cstddef>
#include <string_view>
#include <vector>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/row_block.hpp>

namespace weft::postgres::detail {

/// The row that a stream is at, for row_reader: views into what it was taken from.
class streamed_row {
 public:
  bool has_shape() const noexcept { return shape_.get() != nullptr; }
  /// What knows the columns.
  const result& shape() const noexcept { return shape_; }
  /// @param of any result of the statement
  void learn(const result& of);

  /// Takes the only row of a result.
  void take(const result& from);
  void take(block_cursor& from);

  std::string_view value(std::size_t column) const noexcept { return values_[column]; }
  [[noreturn]] void throw_bad(std::size_t column) const;

 private:
  result shape_;
  std::vector<std::string_view> values_;
  std::size_t count_ = 0;  // with this one
};

}  // namespace weft::postgres::detail
