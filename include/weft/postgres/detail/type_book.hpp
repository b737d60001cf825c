#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>
#include <weft/postgres/detail/oid.hpp>

namespace weft::postgres::detail {

/// What users' own types are made of: an array of its elements, a domain of its base, a range of its bounds, a
/// composite type of its fields. Only the server knows; binary formats have these numbers in them.
class type_book {
 public:
  void add(oid::number type, bool is_domain, std::vector<oid::number> parts) {
    types_.insert_or_assign(type, entry{is_domain, std::move(parts)});
  }
  /// What a domain is of in the end, or the type itself.
  oid::number base_of(oid::number type) const noexcept;
  /// The type's parts; null for one that is not in the book.
  const std::vector<oid::number>* parts_of(oid::number type) const noexcept;

  /// The book that codecs look into: of the values that are being written on this thread, if there is one.
  static const type_book*& current() noexcept;

 private:
  struct entry {
    bool is_domain = false;
    std::vector<oid::number> parts;
  };
  std::map<oid::number, entry> types_;
};

/// Codecs look into this book while it lives.
class reading_in {
 public:
  explicit reading_in(const type_book& book) noexcept : before_{std::exchange(type_book::current(), &book)} {}
  reading_in(const reading_in&) = delete;
  reading_in& operator=(const reading_in&) = delete;
  ~reading_in() { type_book::current() = before_; }

 private:
  const type_book* before_;
};

/// The same of the current book.
oid::number base_of(oid::number type) noexcept;
const std::vector<oid::number>* parts_of(oid::number type) noexcept;

}  // namespace weft::postgres::detail
