#include "http/reasons.hpp"

namespace weft::http::detail {

std::string_view status_line(int status) noexcept {
  switch (status) {
#define WEFT_STATUS(code, reason) \
  case code:                      \
    return "HTTP/1.1 " #code " " reason "\r\n"
    WEFT_STATUS(100, "Continue");
    WEFT_STATUS(101, "Switching Protocols");
    WEFT_STATUS(103, "Early Hints");
    WEFT_STATUS(200, "OK");
    WEFT_STATUS(201, "Created");
    WEFT_STATUS(202, "Accepted");
    WEFT_STATUS(203, "Non-Authoritative Information");
    WEFT_STATUS(204, "No Content");
    WEFT_STATUS(205, "Reset Content");
    WEFT_STATUS(206, "Partial Content");
    WEFT_STATUS(207, "Multi-Status");
    WEFT_STATUS(226, "IM Used");
    WEFT_STATUS(300, "Multiple Choices");
    WEFT_STATUS(301, "Moved Permanently");
    WEFT_STATUS(302, "Found");
    WEFT_STATUS(303, "See Other");
    WEFT_STATUS(304, "Not Modified");
    WEFT_STATUS(307, "Temporary Redirect");
    WEFT_STATUS(308, "Permanent Redirect");
    WEFT_STATUS(400, "Bad Request");
    WEFT_STATUS(401, "Unauthorized");
    WEFT_STATUS(402, "Payment Required");
    WEFT_STATUS(403, "Forbidden");
    WEFT_STATUS(404, "Not Found");
    WEFT_STATUS(405, "Method Not Allowed");
    WEFT_STATUS(406, "Not Acceptable");
    WEFT_STATUS(407, "Proxy Authentication Required");
    WEFT_STATUS(408, "Request Timeout");
    WEFT_STATUS(409, "Conflict");
    WEFT_STATUS(410, "Gone");
    WEFT_STATUS(411, "Length Required");
    WEFT_STATUS(412, "Precondition Failed");
    WEFT_STATUS(413, "Content Too Large");
    WEFT_STATUS(414, "URI Too Long");
    WEFT_STATUS(415, "Unsupported Media Type");
    WEFT_STATUS(416, "Range Not Satisfiable");
    WEFT_STATUS(417, "Expectation Failed");
    WEFT_STATUS(418, "I'm a Teapot");
    WEFT_STATUS(421, "Misdirected Request");
    WEFT_STATUS(422, "Unprocessable Content");
    WEFT_STATUS(423, "Locked");
    WEFT_STATUS(424, "Failed Dependency");
    WEFT_STATUS(425, "Too Early");
    WEFT_STATUS(426, "Upgrade Required");
    WEFT_STATUS(428, "Precondition Required");
    WEFT_STATUS(429, "Too Many Requests");
    WEFT_STATUS(431, "Request Header Fields Too Large");
    WEFT_STATUS(451, "Unavailable For Legal Reasons");
    WEFT_STATUS(500, "Internal Server Error");
    WEFT_STATUS(501, "Not Implemented");
    WEFT_STATUS(502, "Bad Gateway");
    WEFT_STATUS(503, "Service Unavailable");
    WEFT_STATUS(504, "Gateway Timeout");
    WEFT_STATUS(505, "HTTP Version Not Supported");
    WEFT_STATUS(507, "Insufficient Storage");
    WEFT_STATUS(508, "Loop Detected");
    WEFT_STATUS(511, "Network Authentication Required");
#undef WEFT_STATUS
    default:
      return {};
  }
}

std::string_view reason_of(int status) noexcept {
  constexpr std::string_view before = "HTTP/1.1 200 ";
  const std::string_view line = status_line(status);
  return line.empty() ? line : line.substr(before.size(), line.size() - before.size() - 2);
}

}  // namespace weft::http::detail
