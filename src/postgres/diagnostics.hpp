#pragma once

#include <libpq-fe.h>

#include <weft/postgres/error.hpp>

namespace weft::postgres::detail {

/// What a result says of an error.
diagnostics diagnostics_of(const PGresult* said);
[[noreturn]] void throw_error(const PGresult* said);

}  // namespace weft::postgres::detail
