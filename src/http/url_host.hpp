#pragma once

// The host of a URL: names, IPv4 in its many spellings, IPv6 in brackets. WHATWG URL, section 3.5.

#include <string>
#include <string_view>

namespace weft::http::detail {

/// The host in the form in which it is compared and sent.
/// @param text    as it stands in the URL, brackets included; not empty.
/// @param special of a URL whose scheme browsers know, and whose host thus is a name or an address. Others may have
/// anything that does not look like another part of a URL.
/// @throws url_error if it is no host.
std::string parse_host(std::string_view text, bool special);

/// True for hosts that are IPv4 or (in brackets) IPv6 addresses, as parse_host() gives them.
bool is_address(std::string_view host);

}  // namespace weft::http::detail
