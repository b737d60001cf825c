#pragma once

#include <weft/core/task.hpp>

namespace weft::postgres::detail {

/// Starts a task of the library's own on this thread's loop; it is stopped when that ends.
void start_background(task<> work);

}  // namespace weft::postgres::detail
