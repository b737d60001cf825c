#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <weft/http/headers.hpp>
#include <weft/http/message.hpp>

namespace weft::http {

/// Appends the head of a request as HTTP/1 sends it, up to and including the empty line. RFC 9112, sections 3 and 5.
/// The Host field goes first, whatever its place among the headers (RFC 9110, section 7.2).
///
/// Writes only what every reader understands in the same way.
/// @throws std::invalid_argument saying what is wrong, with `out` as it was: the method is not a token; the target is
/// empty or holds a space, a control byte or a byte above 0x7e (percent-encode them: class url does); HTTP/1.1 without
/// exactly one Host; both Content-Length and Transfer-Encoding, or more than one of either; a length that
/// is no number; a transfer coding but chunked, or with HTTP/1.0.
void write_request_head(std::string& out, const request_head& head);

/// Appends the head of a response as HTTP/1 sends it, up to and including the empty line. RFC 9112, sections 4 and 5.
///
/// @throws std::invalid_argument saying what is wrong, with `out` as it was: the status is not one of 100 to 999; the
/// reason holds a control byte; a length or transfer coding in a 1xx or 204, which have no body, or as with requests.
void write_response_head(std::string& out, const response_head& head);

/// Appends a chunk of a chunked body: its size, `bytes` and the line ends. Nothing if there are no bytes: a chunk
/// without any ends the body. RFC 9112, section 7.1.
void write_chunk(std::string& out, std::string_view bytes);

/// Appends what goes before the bytes of a chunk; CR LF must follow them. For large bodies, which are sent from where
/// they are. @param size not 0.
void write_chunk_begin(std::string& out, std::size_t size);

/// Appends the end of a chunked body, with the trailers.
/// @throws std::invalid_argument, with `out` as it was, if a trailer is one that readers need before the body
/// (Content-Length, Transfer-Encoding, Host, Trailer, Content-Type, Content-Encoding, Content-Range, Authorization,
/// Set-Cookie). RFC 9110, section 6.5.1.
void write_last_chunk(std::string& out, const headers& trailers = {});

}  // namespace weft::http
