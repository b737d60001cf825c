#pragma once

#include <string>
#include <string_view>
#include <weft/http/url.hpp>

namespace weft::http::detail {

/// The value of Authorization and Proxy-Authorization for a user and a password, both UTF-8. RFC 7617.
/// Throws std::invalid_argument if the user's name holds a colon, or either holds a control byte.
std::string basic_credentials(std::string_view user, std::string_view password);

/// The same with the URL's credentials, which it loses; empty if it has none.
std::string take_credentials(http::url& from);

}  // namespace weft::http::detail
