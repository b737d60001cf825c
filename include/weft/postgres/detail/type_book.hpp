#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <weft/postgres/detail/oid.hpp>

namespace weft::postgres::detail {

/// What users' own types are made of: an array of its elements, a domain of its base, a range of its bounds, a
/// composite type of its fields, a multirange of its range. Only the server knows; binary formats have these numbers in
/// them.
class type_book {
 public:
  void add(oid::number type, bool is_domain, std::vector<oid::number> parts) {
    types_.insert_or_assign(type, entry{is_domain, std::move(parts)});
  }
  /// It is in the book, or the server has said that there is nothing to know.
  bool knows(oid::number type) const noexcept { return types_.contains(type); }
  /// Of those asked for the server has said nothing more.
  void close(const std::vector<oid::number>& asked) {
    for (const oid::number type : asked) types_.try_emplace(type);
  }
  /// What a domain is of in the end, or the type itself.
  oid::number base_of(oid::number type) const noexcept;
  /// The type's parts; null for one that is not in the book.
  const std::vector<oid::number>* parts_of(oid::number type) const noexcept;

  /// The book that codecs look into: of the values that are being read or written on this thread, if there is one.
  static const type_book*& current() noexcept;

 private:
  struct entry {
    bool is_domain = false;
    std::vector<oid::number> parts;
  };
  std::map<oid::number, entry> types_;
};

/// Codecs look into this book while it lives, or into none.
class reading_in {
 public:
  explicit reading_in(const type_book* book) noexcept : before_{std::exchange(type_book::current(), book)} {}
  reading_in(const reading_in&) = delete;
  reading_in& operator=(const reading_in&) = delete;
  ~reading_in() { type_book::current() = before_; }

 private:
  const type_book* before_;
};

/// The same of the current book.
oid::number base_in_book(oid::number type) noexcept;
inline oid::number base_of(oid::number type) noexcept { return type < oid::first_of_users ? type : base_in_book(type); }
const std::vector<oid::number>* parts_of(oid::number type) noexcept;

/// What a book lacks of the types of columns or parameters.
std::vector<oid::number> missing_types(const type_book* book, const std::vector<oid::number>& of);

/// Asks what the types in the array $1 are made of, and those in turn.
extern const char* const type_book_query;
/// That array.
std::string type_list(const std::vector<oid::number>& types);

}  // namespace weft::postgres::detail
