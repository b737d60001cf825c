#pragma once

#include <memory>
#include <string_view>
#include <weft/http/server_response.hpp>

namespace weft::web::detail {

/// Puts a content coding on a body: "zstd", "br" or "gzip"; null for others. RFC 9110, section 8.4.
std::unique_ptr<http::detail::body_filter> make_compressor(std::string_view coding);

}  // namespace weft::web::detail
