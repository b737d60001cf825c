#pragma once

#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>

#include "http/static_files_state.hpp"

namespace weft::http::detail {

/// The response with a file's content, or as much of it as the request asks for and its conditions allow: 200, 206,
/// 304, 412 or 416.
server_response respond_with_file(const server_request& request, const served_file& file);

}  // namespace weft::http::detail
