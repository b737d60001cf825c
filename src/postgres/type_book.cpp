#include <string>
#include <tuple>
#include <weft/postgres/detail/copy_rows.hpp>
#include <weft/postgres/detail/row_reader.hpp>
#include <weft/postgres/detail/type_book.hpp>

namespace weft::postgres::detail {

oid::number type_book::base_of(oid::number type) const noexcept {
  for (auto at = types_.find(type); at != types_.end() && at->second.is_domain; at = types_.find(type)) {
    type = at->second.parts.front();
  }
  return type;
}

const std::vector<oid::number>* type_book::parts_of(oid::number type) const noexcept {
  const auto at = types_.find(base_of(type));
  return at != types_.end() && !at->second.parts.empty() ? &at->second.parts : nullptr;
}

const type_book*& type_book::current() noexcept {
  static thread_local const type_book* book = nullptr;
  return book;
}

oid::number base_of(oid::number type) noexcept {
  const type_book* const book = type_book::current();
  return book != nullptr ? book->base_of(type) : type;
}

const std::vector<oid::number>* parts_of(oid::number type) noexcept {
  const type_book* const book = type_book::current();
  return book != nullptr ? book->parts_of(type) : nullptr;
}

// An array's element, a domain's base, a range's bounds, a composite type's fields in their order.
const char* const type_book_query = R"(
with recursive known(id) as (
  select unnest($1::oid[])
  union
  select part from known join pg_type t on t.oid = known.id cross join lateral (
    select t.typelem where t.typelem <> 0 and t.typcategory = 'A'
    union all select t.typbasetype where t.typtype = 'd'
    union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid
    union all select a.atttypid from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) parts(part))
select t.oid, t.typtype = 'd', case
  when t.typtype = 'd' then array[t.typbasetype]
  when t.typtype = 'r' then array(select r.rngsubtype from pg_range r where r.rngtypid = t.oid)
  when t.typtype = 'c' then array(select a.atttypid from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum)
  when t.typelem <> 0 and t.typcategory = 'A' then array[t.typelem]
  else '{}'::oid[] end
from known join pg_type t on t.oid = known.id where t.oid >= 16384)";

std::string users_types(const oid::number* types, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    if (types[i] >= oid::first_of_users) list += (list.empty() ? "{" : ",") + std::to_string(types[i]);
  }
  return list.empty() ? list : list + "}";
}

type_book type_book_of(const result& said) {
  type_book book;
  const row_reader<std::tuple<oid::number, bool, std::vector<oid::number>>> reader{said};
  for (std::size_t i = 0; i < said.rows(); ++i) {
    auto [type, is_domain, parts] = reader.read(result_row{said, i});
    book.add(type, is_domain, std::move(parts));
  }
  return book;
}

}  // namespace weft::postgres::detail
