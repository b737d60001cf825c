#include <weft/http/server_request.hpp>

#include "http/requests_ahead.hpp"
#include "http/server_connection.hpp"
#include "net/socket_address.hpp"

namespace weft::http {

const request_parser& server_request::parser() const noexcept {
  return ahead_ == nullptr ? connection_->parser() : ahead_->work->parser;
}

std::string_view server_request::method() const noexcept { return parser().head().method; }
std::string_view server_request::target() const noexcept { return parser().head().target; }

namespace {

/// The target without the scheme and authority that it has for a proxy.
std::string_view path_and_query(std::string_view target) noexcept {
  if (target.starts_with('/')) return target;
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == target.npos) return {};
  const std::size_t path = target.find_first_of("/?", scheme_end + 3);
  return path == target.npos ? std::string_view{} : target.substr(path);
}

}  // namespace

std::string_view server_request::path() const noexcept {
  const std::string_view path = parser().path();
  if (path.starts_with('/')) [[likely]]
    return path;
  const std::string_view whole = path_and_query(target());
  return whole.substr(0, whole.find('?'));
}

std::string_view server_request::query() const noexcept {
  const std::string_view whole = path_and_query(target());
  const std::size_t mark = whole.find('?');
  return mark == whole.npos ? std::string_view{} : whole.substr(mark + 1);
}

http_version server_request::version() const noexcept { return parser().head().version; }
const http::headers& server_request::headers() const noexcept { return parser().head().headers; }
std::string_view server_request::header(std::string_view name) const noexcept {
  return headers().get(name).value_or(std::string_view{});
}
bool server_request::wants_upgrade() const noexcept { return parser().wants_upgrade(); }

bool server_request::has_body() const noexcept { return parser().has_body(); }
std::optional<std::uint64_t> server_request::content_length() const noexcept { return parser().body_size(); }

namespace {

task<std::optional<std::string_view>> no_piece() { co_return std::nullopt; }

}  // namespace

task<std::optional<std::string_view>> server_request::next() {
  return ahead_ == nullptr ? connection_->next_piece() : no_piece();
}

namespace {

[[noreturn]] void refuse_body(std::size_t limit) {
  throw http_error{413, "The body is larger than " + std::to_string(limit) + " bytes."};
}

task<std::string> read_text(server_request& request, std::size_t limit) {
  const std::uint64_t announced = request.content_length().value_or(0);
  if (announced > limit) refuse_body(limit);
  std::string text;
  text.reserve(static_cast<std::size_t>(announced));
  while (std::optional<std::string_view> piece = co_await request.next()) {
    if (piece->size() > limit - text.size()) refuse_body(limit);
    text += *piece;
  }
  co_return text;
}

}  // namespace

task<std::string> server_request::text(std::size_t limit) { return read_text(*this, limit); }

void server_request::refuse_json(const json_problems& problems) {
  if (problems.malformed_at) throw http_error{400, "The body is not JSON: " + to_string(problems.issues.front())};
  std::string what = "The body is not what was expected.";
  for (const issue& each : problems.issues) what += "\n" + to_string(each);
  throw http_error{422, what};
}

const http::headers& server_request::trailers() const noexcept { return parser().trailers(); }

const endpoint& server_request::peer() const noexcept { return connection_->peer(); }
endpoint server_request::local() const { return endpoint_access::local(connection_->stream().native_handle()); }
bool server_request::is_tls() const noexcept { return connection_->server().tls.has_value(); }
bool server_request::client_gone() const noexcept { return connection_->gone(); }

void server_request::stop_when_gone(bool stops) noexcept {
  if (ahead_ == nullptr) return connection_->stop_when_gone(stops);
  connection_->stop_when_gone(*ahead_, stops);
}

void server_request::send_early_hints(const http::headers& fields) {
  if (ahead_ == nullptr) return connection_->send_early_hints(fields);
  connection_->send_early_hints(*ahead_, fields);
}

}  // namespace weft::http
