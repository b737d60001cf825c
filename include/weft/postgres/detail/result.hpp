#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <weft/postgres/detail/oid.hpp>
#include <weft/postgres/detail/type_book.hpp>

struct pg_result;

namespace weft::postgres::detail {

/// What a statement gave, in libpq's memory. Move-only.
class result {
 public:
  result() noexcept = default;
  explicit result(pg_result* taken) noexcept : held_{taken} {}
  result(result&& other) noexcept : held_{std::exchange(other.held_, nullptr)} {}
  result& operator=(result&& other) noexcept {
    if (this != &other) {
      clear();
      held_ = std::exchange(other.held_, nullptr);
    }
    return *this;
  }
  ~result() { clear(); }

  pg_result* get() const noexcept { return held_; }
  std::size_t rows() const noexcept;
  std::size_t columns() const noexcept;
  std::string_view column_name(std::size_t column) const noexcept;
  oid::number column_type(std::size_t column) const noexcept;
  /// The bytes; NULL has no data.
  std::string_view value(std::size_t row, std::size_t column) const noexcept;
  /// How many rows the statement has touched.
  std::uint64_t affected() const noexcept;
  /// What kind of statement it was: "SELECT 2", "COMMIT".
  std::string_view tag() const noexcept;

 private:
  void clear() noexcept;
  pg_result* held_ = nullptr;
};

/// What a statement gave, with what is known about the types in it.
class answer : public result {
 public:
  answer() noexcept = default;
  answer(result&& got, std::shared_ptr<const type_book> types) noexcept
      : result{std::move(got)}, types_{std::move(types)} {}
  /// Null if nothing needs to be known.
  const type_book* types() const noexcept { return types_.get(); }

 private:
  std::shared_ptr<const type_book> types_;
};

}  // namespace weft::postgres::detail
