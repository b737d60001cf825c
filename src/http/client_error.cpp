#include <algorithm>
#include <utility>
#include <weft/http/client_error.hpp>

#include "http/retry_after.hpp"

namespace weft::http {

namespace {

constexpr std::size_t shown = 200;
constexpr std::size_t kept = std::size_t{4} << 10;

/// The beginning of a text, in one line.
std::string beginning_of(std::string_view text) {
  std::string line{text.substr(0, shown)};
  std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text.size() > shown ? line + "..." : line;
}

}  // namespace

request_error::request_error(const std::string& request, const std::exception& what, std::exception_ptr cause)
    : error{request + ": " + what.what()}, cause_{std::move(cause)} {
  if (const auto* const system = dynamic_cast<const std::system_error*>(&what)) code_ = system->code();
}

request_error::request_error(const std::string& request, const std::string& reason) : error{request + ": " + reason} {}

too_many_redirects::too_many_redirects(const std::string& request, int limit)
    : request_error{request, "redirected more than " + std::to_string(limit) + " times"} {}

status_error::status_error(const std::string& request, int status, http::headers headers, std::string body)
    : error{request + ": " + std::to_string(status) + (body.empty() ? "" : ": " + beginning_of(body))},
      status_{status},
      headers_{std::move(headers)},
      body_{std::move(body)} {
  body_.resize(std::min(body_.size(), kept));
  if (const auto asked = detail::retry_after(headers_)) retry_after_ = *asked;
}

}  // namespace weft::http
