#include <stdexcept>
#include <utility>
#include <weft/http/request.hpp>

#include "http/client_state.hpp"
#include "http/credentials.hpp"
#include "http/upload_source.hpp"

namespace weft::http {

std::shared_ptr<detail::client_state> request::take_client() {
  if (!client_) throw std::logic_error{"an HTTP request can be awaited only once"};
  return std::move(client_);
}

request& request::header(std::string_view name, std::string_view value) {
  detail::refuse_framing_field(name);
  spec_.headers.add(name, value);
  return *this;
}

request& request::query(std::string_view name, std::string_view value) {
  url_query query{spec_.url.query()};
  query.add(name, value);
  spec_.url.set_query(query.str());
  return *this;
}

request& request::body(std::string bytes, std::string_view content_type) {
  spec_.headers.set("content-type", content_type);
  spec_.body = std::move(bytes);
  spec_.source.reset();
  spec_.has_body = true;
  return *this;
}

request& request::form(std::string_view name, std::string_view value) {
  url_query fields{spec_.body};
  fields.add(name, value);
  return body(std::string{fields.str()}, "application/x-www-form-urlencoded");
}

request& request::body_file(std::filesystem::path file, std::string_view content_type) {
  set_source(detail::file_body(std::move(file)), content_type);
  return *this;
}

request& request::multipart(multipart_form form) {
  const std::string content_type = form.content_type();
  set_source(detail::multipart_body(std::move(form)), content_type);
  return *this;
}

request& request::body_from(std::function<task<>(body_writer&)> make, const body_options& how) {
  if (!make) throw std::invalid_argument{"a body that is made by nothing"};
  set_source(detail::made_body(std::move(make), how.length), how.content_type);
  return *this;
}

void request::set_source(std::shared_ptr<const detail::upload_source> source, std::string_view content_type) {
  spec_.headers.set("content-type", content_type);
  spec_.source = std::move(source);
  spec_.body.clear();
  spec_.has_body = true;
}

request& request::expect_continue() {
  spec_.expects_continue = true;
  return *this;
}

request& request::basic_auth(std::string_view user, std::string_view password) {
  spec_.headers.set("authorization", detail::basic_credentials(user, password));
  return *this;
}

request& request::bearer_auth(std::string_view token) {
  spec_.headers.set("authorization", "Bearer " + std::string{token});
  return *this;
}

request& request::timeout(std::chrono::nanoseconds limit) {
  spec_.timeout = limit;
  return *this;
}

request& request::follow_redirects(int most) {
  spec_.redirects = most;
  return *this;
}

request& request::expect_status() {
  spec_.wants_ok = true;
  return *this;
}

request& request::body_limit(std::size_t bytes) {
  spec_.body_limit = bytes;
  return *this;
}

}  // namespace weft::http
