#pragma once

#include <libpq-fe.h>

#include <weft/postgres/error.hpp>

namespace weft::postgres::detail {

/// What a result says of an error.
diagnostics diagnostics_of(const PGresult* said);
/// Throws that.
/// @param statement of a pipeline
[[noreturn]] void throw_error(const PGresult* said, int statement = 0);

}  // namespace weft::postgres::detail
