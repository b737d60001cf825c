#include <algorithm>
#include <string_view>
#include <weft/describe/uuid.hpp>
#include <weft/web/request_id.hpp>

namespace weft::web {

namespace {

const context_var<std::string>& current() {
  static const context_var<std::string> variable{{}, "web::request_id"};
  return variable;
}

bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

task<http::server_response> answer_with_id(std::string id, next rest) {
  const auto set = current().scoped(id);
  http::server_response answer = co_await rest();
  answer.headers().set("x-request-id", id);
  co_return answer;
}

}  // namespace

task<http::server_response> request_ids::operator()(http::server_request& request, next rest) const {
  const std::string_view given = request.header("x-request-id");
  return answer_with_id(is_id(given) ? std::string{given} : uuid::random().str(), rest);
}

std::string request_id() { return current().get(); }

}  // namespace weft::web
