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

oid::number base_in_book(oid::number type) noexcept {
  const type_book* const book = type_book::current();
  return book != nullptr ? book->base_of(type) : type;
}

const std::vector<oid::number>* parts_of(oid::number type) noexcept {
  const type_book* const book = type_book::current();
  return book != nullptr ? book->parts_of(type) : nullptr;
}

// An array's element, a domain's base, a range's bounds, a composite type's fields in their order, a multirange's range
// (by way of JSON, because servers before version 14 have no such column). A record may have any domain in it.
const char* const type_book_query = R"(
with recursive known(id) as (
  select unnest($1::oid[])
  union
  select oid from pg_type where typtype in ('d', 'r', 'm') and $1::oid[] && '{2249,2287}'
  union
  select part from known join pg_type t on t.oid = known.id cross join lateral (
    select t.typelem where t.typelem <> 0 and t.typcategory = 'A'
    union all select t.typbasetype where t.typtype = 'd'
    union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid
    union all select r.rngtypid from pg_range r where (to_jsonb(r)->>'rngmultitypid')::oid = t.oid
    union all select a.atttypid from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) parts(part))
select t.oid, t.typtype = 'd', case
  when t.typtype = 'd' then array[t.typbasetype]
  when t.typtype = 'r' then array(select r.rngsubtype from pg_range r where r.rngtypid = t.oid)
  when t.typtype = 'm' then array(select r.rngtypid from pg_range r where (to_jsonb(r)->>'rngmultitypid')::oid = t.oid)
  when t.typtype = 'c' then array(select a.atttypid from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum)
  when t.typelem <> 0 and t.typcategory = 'A' then array[t.typelem]
  else '{}'::oid[] end
from known join pg_type t on t.oid = known.id where t.oid >= 10000)";

std::vector<oid::number> missing_types(const type_book* book, const std::vector<oid::number>& of) {
  std::vector<oid::number> missing;
  for (const oid::number type : of) {
    const bool of_users = type >= oid::first_of_users || type == oid::record || type == oid::record_array;
    if (of_users && (book == nullptr || !book->knows(type))) missing.push_back(type);
  }
  return missing;
}

std::string type_list(const std::vector<oid::number>& types) {
  std::string list = "{";
  for (const oid::number type : types) list += (list.size() > 1 ? "," : "") + std::to_string(type);
  return list += '}';
}

void learn(type_book& book, const result& said) {
  const row_reader<std::tuple<oid::number, bool, std::vector<oid::number>>> reader{said};
  for (std::size_t i = 0; i < said.rows(); ++i) {
    auto [type, is_domain, parts] = reader.read(result_row{said, i});
    book.add(type, is_domain, std::move(parts));
  }
}

}  // namespace weft::postgres::detail
