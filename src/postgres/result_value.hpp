#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <string_view>

namespace weft::postgres::detail {

/// The bytes; NULL has no data.
inline std::string_view result_value(const PGresult* of, int row, int column) noexcept {
  const int length = PQgetlength(of, row, column);
  if (length == 0 && PQgetisnull(of, row, column) == 1) return {};
  return {PQgetvalue(of, row, column), static_cast<std::size_t>(length)};
}

}  // namespace weft::postgres::detail
