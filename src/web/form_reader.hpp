#pragma once

#include <weft/core/task.hpp>
#include <weft/web/detail/request_context.hpp>

namespace weft::web::detail {

/// Reads a form of parts (multipart/form-data) into `in.form` and `in.uploads`. Throws http_error.
/// @param max_body of all, in bytes. @param in_memory how much of the files; the rest goes to temporary files.
task<> read_multipart(request_context& in, std::size_t max_body, std::size_t in_memory, std::size_t max_parts);

}  // namespace weft::web::detail
