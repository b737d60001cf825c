#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>

#include "characters.hpp"
#include "framing.hpp"

namespace weft::http {

namespace {

constexpr std::array<std::string_view, 9> needed_early = {"Content-Length", "Transfer-Encoding", "Host",
                                                          "Trailer",        "Content-Type",      "Content-Encoding",
                                                          "Content-Range",  "Authorization",     "Set-Cookie"};

constexpr bool is_target_byte(char c) noexcept { return c > 0x20 && c < 0x7f; }

/// What the fields say about the body; refused if readers could disagree about it.
detail::framing checked_framing(const headers& fields, http_version version, const char* what) {
  std::size_t lengths = 0;
  for (const auto [name, value] : fields)
    if (name.size() == 14 && detail::equal_ignoring_case(name, "content-length")) ++lengths;
  if (lengths > 1) throw std::invalid_argument{std::string{what} + " with more than one Content-Length field"};
  try {
    return detail::read_framing(fields, version);
  } catch (const protocol_error& error) {
    throw std::invalid_argument{std::string{what} + " with " + error.what()};
  }
}

void check(const request_head& head) {
  if (!detail::is_token(head.method))
    throw std::invalid_argument{"bad request method " + detail::quoted(head.method) + ": it must be a token"};
  if (head.target.empty()) throw std::invalid_argument{"empty request target"};
  const auto bad = std::ranges::find_if_not(head.target, is_target_byte);
  if (bad != head.target.end()) {
    throw std::invalid_argument{"byte " + detail::shown(*bad) + " in the request target " +
                                detail::quoted(head.target) + ": it must be percent-encoded"};
  }

  const detail::framing framing = checked_framing(head.headers, head.version, "request");
  if (framing.hosts > 1) throw std::invalid_argument{"request with more than one Host field"};
  if (framing.hosts == 0 && head.version == http_version::http_1_1)
    throw std::invalid_argument{"HTTP/1.1 request without a Host field"};
}

void check(const response_head& head) {
  if (head.status < 100 || head.status > 999)
    throw std::invalid_argument{"bad response status " + std::to_string(head.status)};
  const auto bad = std::ranges::find_if(head.reason, detail::is_forbidden_control);
  if (bad != head.reason.end()) {
    throw std::invalid_argument{"control byte " + detail::shown(*bad) + " in the reason of the response " +
                                detail::quoted(head.reason)};
  }
  const detail::framing framing = checked_framing(head.headers, head.version, "response");
  if ((head.status < 200 || head.status == 204) && (framing.chunked || framing.content_length)) {
    throw std::invalid_argument{"response " + std::to_string(head.status) +
                                " with a length or a transfer coding, though it has no body"};
  }
}

/// Grows to `needed` at once, but not a little each time.
void reserve_more(std::string& out, std::size_t more) {
  if (const std::size_t needed = out.size() + more; needed > out.capacity())
    out.reserve(std::max(needed, 2 * out.capacity()));
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

  reserve_more(out, head.method.size() + 1 + head.target.size() + version.size() + wire.size() + 2);
  out.append(head.method).append(" ").append(head.target).append(version);
  out.append(host).append(wire.substr(0, before_host)).append(wire.substr(before_host + host.size()));
  out.append("\r\n");
}

void write_response_head(std::string& out, const response_head& head) {
  check(head);
  const std::string_view version = head.version == http_version::http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  const std::string_view wire = head.headers.wire();
  reserve_more(out, version.size() + 4 + head.reason.size() + 2 + wire.size() + 2);
  out.append(version);
  for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + head.status / unit % 10);
  out.append(" ").append(head.reason).append("\r\n").append(wire).append("\r\n");
}

void write_chunk_begin(std::string& out, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  unsigned shift = 0;
  while (size >> shift > 15) shift += 4;
  for (;; shift -= 4) {
    out += digits[size >> shift & 15];
    if (shift == 0) break;
  }
  out += "\r\n";
}

void write_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  reserve_more(out, bytes.size() + 20);
  write_chunk_begin(out, bytes.size());
  out.append(bytes).append("\r\n");
}

void write_last_chunk(std::string& out, const headers& trailers) {
  for (const std::string_view name : needed_early) {
    if (trailers.contains(name)) throw std::invalid_argument{"the field " + std::string{name} + " cannot be a trailer"};
  }
  const std::string_view wire = trailers.wire();
  reserve_more(out, wire.size() + 5);
  out.append("0\r\n").append(wire).append("\r\n");
}

}  // namespace weft::http
