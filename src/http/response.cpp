#include <boost/json/parse.hpp>
#include <utility>
#include <weft/http/response.hpp>

#include "http/exchange.hpp"
#include "http/retry_after.hpp"

namespace weft::http {

std::optional<std::chrono::nanoseconds> response::retry_after() const { return detail::retry_after(head_.headers); }

void response::refuse(json_problems problems) const {
  throw json_error{std::move(problems), method_ + " " + url_.str()};
}

boost::json::value response::json() const {
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(body_, failed);
  if (failed) {
    // What is wrong, and where, as everything else that reads JSON says it.
    json_reader reader{body_};
    reader.skip();
    json_problems problems = weft::detail::end_of_document(reader);
    if (problems.none()) problems.issues.push_back({"$", "JSON", failed.message()});
    refuse(std::move(problems));
  }
  return value;
}

std::optional<std::chrono::nanoseconds> streaming_response::retry_after() const {
  return detail::retry_after(head_.headers);
}

streaming_response::streaming_response(response_head head, http::url from, int redirects,
                                       std::unique_ptr<detail::exchange> rest) noexcept
    : head_{std::move(head)}, url_{std::move(from)}, redirects_{redirects}, rest_{std::move(rest)} {}
streaming_response::streaming_response(streaming_response&& other) noexcept = default;
streaming_response& streaming_response::operator=(streaming_response&& other) noexcept = default;
streaming_response::~streaming_response() = default;

namespace {

task<std::optional<std::string>> next_piece(detail::exchange* rest) {
  std::optional<std::string> piece;
  if (rest == nullptr || rest->at_end()) co_return piece;
  const std::string_view came = co_await rest->read();
  if (!came.empty()) piece.emplace(came);
  co_return piece;
}

task<std::string> read_rest(detail::exchange* rest, std::size_t limit) {
  std::string body;
  if (rest != nullptr) co_await rest->read_into(body, limit);
  co_return body;
}

}  // namespace

task<std::optional<std::string>> streaming_response::next() { return next_piece(rest_.get()); }
task<std::string> streaming_response::read_all(std::size_t limit) { return read_rest(rest_.get(), limit); }

}  // namespace weft::http
