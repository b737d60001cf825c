#pragma once

#include <weft/http/headers.hpp>

namespace weft::http::detail {

/// Adds what a request tells of the trace that the running task works for, unless the fields are there already.
void add_trace(headers& to);

}  // namespace weft::http::detail
