#pragma once

#include <string>
#include <weft/http/message.hpp>

namespace weft::http {

/// Appends the head of a request as HTTP/1 sends it, up to and including the empty line. RFC 9112, sections 3 and 5.
/// The Host field goes first, whatever its place among the headers (RFC 9110, section 7.2).
///
/// Writes only what every reader understands in the same way.
/// @throws std::invalid_argument saying what is wrong, with `out` as it was: the method is not a token; the target is
/// empty or holds a space, a control byte or a byte above 0x7e (percent-encode them: class url does); HTTP/1.1 without
/// exactly one Host; both Content-Length and Transfer-Encoding, or more than one Content-Length.
void write_request_head(std::string& out, const request_head& head);

}  // namespace weft::http
