#pragma once

#include <string>
#include <weft/http/headers.hpp>

namespace weft::http {

/// The protocol version of a message. A later minor version of HTTP/1 counts as HTTP/1.1 (RFC 9110, section 2.5).
enum class http_version : unsigned char { http_1_0, http_1_1 };

/// What comes before a request's body. RFC 9112, section 3.
struct request_head {
  std::string method = "GET";
  std::string target = "/";  ///< as in the request line: path and query, mostly; RFC 9112, section 3.2
  http_version version = http_version::http_1_1;
  http::headers headers = {};
};

/// What comes before a response's body. RFC 9112, section 4.
struct response_head {
  http_version version = http_version::http_1_1;
  int status = 0;           ///< 100 to 999
  std::string reason = {};  ///< for people only; often empty
  http::headers headers = {};
};

}  // namespace weft::http
