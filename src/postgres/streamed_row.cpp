#include <libpq-fe.h>

#include <weft/postgres/detail/row_reader.hpp>
#include <weft/postgres/detail/streamed_row.hpp>

#include "postgres/result_value.hpp"

namespace weft::postgres::detail {

void streamed_row::learn(const result& of) {
  shape_ = result{PQcopyResult(of.get(), PG_COPYRES_ATTRS)};
  values_.resize(shape_.columns());
}

void streamed_row::take(const result& from) {
  if (!has_shape()) learn(from);
  const PGresult* const row = from.get();
  int column = 0;
  for (std::string_view& value : values_) {
    value = result_value(row, 0, column);
    ++column;
  }
  ++count_;
}

void streamed_row::take(block_cursor& from) {
  for (std::string_view& value : values_) value = from.next();
  ++count_;
}

void streamed_row::throw_bad(std::size_t column) const { throw_bad_column(shape_, count_ - 1, column); }

}  // namespace weft::postgres::detail
