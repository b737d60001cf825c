#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <weft/http/writer.hpp>

#include "characters.hpp"

namespace weft::http {

namespace {

constexpr bool is_target_byte(char c) noexcept { return c > 0x20 && c < 0x7f; }

void check(const request_head& head) {
  if (!detail::is_token(head.method))
    throw std::invalid_argument{"bad request method " + detail::quoted(head.method) + ": it must be a token"};
  if (head.target.empty()) throw std::invalid_argument{"empty request target"};
  const auto bad = std::ranges::find_if_not(head.target, is_target_byte);
  if (bad != head.target.end()) {
    throw std::invalid_argument{"byte " + detail::shown(*bad) + " in the request target " +
                                detail::quoted(head.target) + ": it must be percent-encoded"};
  }

  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (const auto [name, value] : head.headers) {
    if (detail::equal_ignoring_case(name, "host")) ++hosts;
    if (detail::equal_ignoring_case(name, "content-length")) ++lengths;
    if (detail::equal_ignoring_case(name, "transfer-encoding")) ++codings;
  }
  if (hosts > 1) throw std::invalid_argument{"request with more than one Host field"};
  if (hosts == 0 && head.version == http_version::http_1_1)
    throw std::invalid_argument{"HTTP/1.1 request without a Host field"};
  if (lengths > 1) throw std::invalid_argument{"request with more than one Content-Length field"};
  if (lengths > 0 && codings > 0) throw std::invalid_argument{"request with both Content-Length and Transfer-Encoding"};
}

/// The line of the Host field in the text of the headers; empty, at its begin, without one.
std::string_view host_line(const headers& fields) {
  const std::string_view wire = fields.wire();
  const auto offset = [&](std::size_t index) {
    return index < fields.size() ? static_cast<std::size_t>(fields[index].name.data() - wire.data()) : wire.size();
  };
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (detail::equal_ignoring_case(fields[i].name, "host")) return wire.substr(offset(i), offset(i + 1) - offset(i));
  return wire.substr(0, 0);
}

}  // namespace

void write_request_head(std::string& out, const request_head& head) {
  check(head);
  const std::string_view version = head.version == http_version::http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
  const std::string_view wire = head.headers.wire();
  const std::string_view host = host_line(head.headers);
  const std::size_t before_host = static_cast<std::size_t>(host.data() - wire.data());

  const std::size_t needed =
      out.size() + head.method.size() + 1 + head.target.size() + version.size() + wire.size() + 2;
  if (needed > out.capacity()) out.reserve(std::max(needed, 2 * out.capacity()));
  out.append(head.method).append(" ").append(head.target).append(version);
  out.append(host).append(wire.substr(0, before_host)).append(wire.substr(before_host + host.size()));
  out.append("\r\n");
}

}  // namespace weft::http
