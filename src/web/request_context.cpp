#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <weft/http/http_error.hpp>
#include <weft/http/percent_encoding.hpp>
#include <weft/web/detail/request_context.hpp>

#include "http/characters.hpp"
#include "http/server_connection.hpp"
#include "web/form_reader.hpp"
#include "web/request_scope.hpp"
#include "web/server_core.hpp"

namespace weft::web::detail {

std::string_view name_of(place where) noexcept {
  switch (where) {
    case place::path:
      return "path";
    case place::query:
      return "query";
    case place::header:
      return "header";
    case place::cookie:
      return "cookie";
    case place::form:
      return "form";
    case place::body:
      return "body";
  }
  return {};
}

request_context::~request_context() = default;

namespace {

/// The media type without its parameters.
std::string_view media_type(std::string_view content_type) noexcept {
  return http::detail::trimmed(content_type.substr(0, content_type.find(';')));
}

bool is_json(std::string_view content_type) noexcept {
  const std::string_view type = media_type(content_type);
  const auto ends_with = [&](std::string_view end) {
    return type.size() > end.size() && http::detail::equal_ignoring_case(type.substr(type.size() - end.size()), end);
  };
  return http::detail::equal_ignoring_case(type, "application/json") || ends_with("+json");
}

/// RFC 6265bis, section 5.8.3: `name=value; name=value`.
void find_cookies(const http::headers& fields, std::string_view name, texts& found) {
  for (std::string_view line : fields.get_all("cookie")) {
    while (!line.empty()) {
      const std::size_t end = line.find(';');
      const std::string_view pair = http::detail::trimmed(line.substr(0, end));
      line = end == line.npos ? std::string_view{} : line.substr(end + 1);
      const std::size_t equals = pair.find('=');
      // Of several of one name, the first is the one with the longest path.
      if (equals != pair.npos && pair.substr(0, equals) == name && found.empty())
        found.push_back(pair.substr(equals + 1));
    }
  }
}

/// Throws if there are more pairs in an encoded form than that.
void refuse_more_than(std::size_t most, std::string_view encoded, int status, const std::string& why) {
  if (static_cast<std::size_t>(std::ranges::count(encoded, '&')) >= most) throw http::http_error{status, why};
}

}  // namespace

caller request_context::client() const {
  return caller_of(request(), server.app.proxies ? &*server.app.proxies : nullptr);
}

const http::url_query& request_context::query() {
  if (!query_) {
    const std::size_t most = server.app.max_fields;
    refuse_more_than(most, request().query(), 414, "The query has more than " + std::to_string(most) + " parameters.");
    query_.emplace(request().query());
  }
  return *query_;
}

std::span<const std::string_view> request_context::values(place where, std::string_view name) {
  found_.clear();
  switch (where) {
    case place::path:
      for (std::size_t i = 0; i < captured.size(); ++i) {
        if (route->parameter_names[i] != name) continue;
        if (captured[i].find('%') == captured[i].npos) {
          found_.push_back(captured[i]);
        } else {
          decoded_ = http::percent_decode(captured[i]);
          found_.push_back(decoded_);
        }
      }
      break;
    case place::query:
      if (!request().query().empty())
        for (const auto& [key, value] : query())
          if (key == name) found_.push_back(value);
      break;
    case place::header:
      for (const std::string_view value : request().headers().get_all(name)) found_.push_back(value);
      break;
    case place::cookie:
      find_cookies(request().headers(), name, found_);
      break;
    case place::form:
      for (const auto& [key, value] : form)
        if (key == name) found_.push_back(value);
      break;
    case place::body:
      break;
  }
  return found_.all();
}

void request_context::note(place where, std::string_view name, std::vector<issue> issues) {
  for (issue& each : issues) {
    problems.push_back({.in = std::string{name_of(where)},
                        .path = std::string{name} + each.path.substr(1),
                        .expected = std::move(each.expected),
                        .got = std::move(each.got)});
  }
}

void request_context::note(json_problems found) {
  const bool nothing = body.empty();
  if (found.malformed_at && !nothing) malformed = true;
  for (issue& each : found.issues) {
    problems.push_back({.in = "body",
                        .path = std::move(each.path),
                        .expected = nothing ? "a JSON document" : std::move(each.expected),
                        .got = nothing ? "nothing" : std::move(each.got)});
  }
}

std::size_t request_context::most_of_body() const noexcept {
  return route->max_body != 0 ? route->max_body : server.app.max_body;
}

bool request_context::take_body(bool json) {
  if (json) {
    const std::optional<std::string_view> type = request().headers().get("content-type");
    if (type && !is_json(*type)) throw http::http_error{415, "The body must be application/json."};
  }
  const std::optional<std::string_view> all = http::detail::server_connection::body_at_hand(request(), most_of_body());
  if (all) body = *all;
  return all.has_value();
}

void request_context::drop_body() {
  if (!body.empty() && body.data() != body_read_.data()) http::detail::server_connection::give_body_back(request());
  body = {};
}

task<> request_context::read_body(request_context& self) {
  self.body_read_ = co_await self.request().text(self.most_of_body());
  self.body = self.body_read_;
}

task<> request_context::read_form(request_context& self) {
  http::server_request& from = self.request();
  const std::size_t limit = self.most_of_body();
  const std::string_view type = media_type(from.header("content-type"));
  if (http::detail::equal_ignoring_case(type, "multipart/form-data")) {
    co_await read_multipart(self, limit, self.server.app.upload_memory, self.server.app.max_fields);
    co_return;
  }
  if (!type.empty() && !http::detail::equal_ignoring_case(type, "application/x-www-form-urlencoded"))
    throw http::http_error{415, "The body must be application/x-www-form-urlencoded or multipart/form-data."};
  self.body_read_ = co_await from.text(limit);
  const std::size_t most = self.server.app.max_fields;
  refuse_more_than(most, self.body_read_, 413, "The form has more than " + std::to_string(most) + " fields.");
  for (const auto& [name, value] : http::url_query{self.body_read_}) self.form.emplace_back(name, value);
}

std::vector<upload> request_context::take_uploads(std::string_view name) {
  std::vector<upload> found;
  for (auto& [field, file] : uploads)
    if (field == name) found.push_back(std::move(file));
  std::erase_if(uploads, [&](const auto& each) { return each.first == name; });
  return found;
}

bool take_one_upload(request_context& in, std::string_view name, bool required, upload& file) {
  std::vector<upload> all = in.take_uploads(name);
  if (all.size() > 1 || (all.empty() && required)) {
    in.problems.push_back({.in = "form",
                           .path = std::string{name},
                           .expected = all.empty() ? "a file" : "one file",
                           .got = all.empty() ? "nothing" : std::to_string(all.size()) + " files"});
    return false;
  }
  if (all.empty()) return false;
  file = std::move(all.front());
  return true;
}

namespace {

std::chrono::sys_seconds seconds_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

session& request_context::client_session() {
  if (!server.app.sessions) throw std::logic_error{"a handler takes a session, and the app keeps none (keep_sessions)"};
  if (!session_) {
    const std::span<const std::string_view> cookies = values(place::cookie, server.app.sessions->name());
    session_ = std::make_unique<session>();
    if (!cookies.empty()) *session_ = server.app.sessions->read(cookies.front(), seconds_now());
  }
  return *session_;
}

void request_context::finish_session(http::server_response& answer) {
  if (session_ && session_->changed())
    answer.header("set-cookie", server.app.sessions->field(*session_, seconds_now()));
}

request_scope& request_context::scope() {
  if (!scope_) scope_ = std::make_shared<request_scope>(server);
  return *scope_;
}

http::server_response request_context::refuse() {
  const refusal what{std::move(problems)};
  return http::server_response::json(what).status(malformed ? 400 : 422);
}

}  // namespace weft::web::detail
