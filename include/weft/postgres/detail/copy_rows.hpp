#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/describe/field.hpp>
#include <weft/postgres/codecs.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/type_book.hpp>

namespace weft::postgres::detail {

inline constexpr std::size_t copy_piece = std::size_t{64} << 10;

/// An identifier as it stands in a statement.
std::string quoted_name(std::string_view name);
[[noreturn]] void throw_bad_field(std::string_view name);

/// Adds what the answer to type_book_query says.
void learn(type_book& book, const result& said);

template <described T>
std::string column_list() {
  std::string list;
  for_each_field<T>([&](const auto& field) {
    if (!list.empty()) list += ", ";
    list += quoted_name(field.name());
  });
  return list;
}

/// Rows in COPY's binary format. PostgreSQL's documentation, COPY, "Binary Format".
template <described T>
class row_encoder {
 public:
  /// Takes the types of the columns from a result that has them.
  void learn(const result& shape) {
    for (std::size_t i = 0; i < types_.size(); ++i) types_[i] = shape.column_type(i);
  }
  /// Those that are users' own, for type_book_query; "" for none.
  std::string users_types() const {
    const auto missing = missing_types(nullptr, {types_.begin(), types_.end()});
    return missing.empty() ? "" : type_list(missing);
  }
  /// What the answer to that is.
  void learn_types(const result& said) { detail::learn(book_.emplace(), said); }
  void begin() {
    constexpr std::string_view signature{"PGCOPY\n\377\r\n\0", 11};
    bytes_ = signature;
    bytes_.append(8, '\0');  // flags, and no extension of the header
    bytes_.reserve(copy_piece + 4096);
  }
  /// Throws data_error that names the field.
  void add(const T& row) {
    if (!book_) return encode(row);
    const reading_in known{&*book_};
    encode(row);
  }
  void end() { put(bytes_, std::int16_t{-1}); }
  const std::string& bytes() const noexcept { return bytes_; }
  void clear() noexcept { bytes_.clear(); }

 private:
  void encode(const T& row) {
    put(bytes_, static_cast<std::int16_t>(field_count<T>));
    std::size_t i = 0;
    for_each_field<T>([&](const auto& field) {
      try {
        write_sized(bytes_, field.get(row), types_[i++]);
      } catch (const std::exception&) {
        throw_bad_field(field.name());
      }
    });
  }

  std::array<oid::number, field_count<T>> types_{};
  std::optional<type_book> book_;
  std::string bytes_;
};

}  // namespace weft::postgres::detail
