#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <weft/http/headers.hpp>

namespace weft::http::detail {

/// Which of the content codings in which a body is there suits a client best; nothing for the body as it is. RFC 9110,
/// section 12.5.3. @param offered those the server likes best first.
std::optional<std::string_view> accepted_coding(const headers& request, std::span<const std::string_view> offered);

}  // namespace weft::http::detail
