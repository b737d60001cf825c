#pragma once

// The host of a URL: names, IPv4 in its many spellings, IPv6 in brackets. WHATWG URL, section 3.5.

#include <string>
#include <string_view>

namespace weft::http::detail {

/// The host in the form in which it is compared and sent.
/// @param text as it stands in the URL, brackets included.
/// @throws url_error if it is no host.
std::string parse_host(std::string_view text);

}  // namespace weft::http::detail
