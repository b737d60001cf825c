#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/describe/issue.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/http/url_query.hpp>
#include <weft/web/caller.hpp>
#include <weft/web/detail/texts.hpp>
#include <weft/web/problem.hpp>
#include <weft/web/session.hpp>
#include <weft/web/upload.hpp>

namespace weft::web::detail {

class request_scope;
class server_core;
class route_entry;

/// Where a parameter comes from.
enum class place : std::uint8_t { path, query, header, cookie, form, body };

std::string_view name_of(place where) noexcept;

/// What one call of a handler is made from.
class request_context {
 public:
  /// @param of null for what is made before the first request.
  request_context(http::server_request* of, server_core& at) noexcept : server{at}, request_{of} {}
  request_context(const request_context&) = delete;
  request_context& operator=(const request_context&) = delete;
  ~request_context();

  [[nodiscard]] http::server_request& request() const noexcept { return *request_; }
  [[nodiscard]] bool has_request() const noexcept { return request_ != nullptr; }
  /// Who has sent it.
  [[nodiscard]] web::caller client() const;

  server_core& server;
  const route_entry* route = nullptr;
  std::string_view allowed;  ///< without a route: the methods that the path has; empty if it has none
  texts captured;            ///< what stands in the path for the route's parameters, encoded
  std::vector<problem> problems;
  bool malformed = false;                                 ///< the body is no JSON at all
  std::string_view body;                                  ///< once it was read
  std::vector<std::pair<std::string, std::string>> form;  ///< the fields, once it was read
  std::vector<std::pair<std::string, upload>> uploads;    ///< its files

  /// All values of that name. Valid until the next call.
  std::span<const std::string_view> values(place where, std::string_view name);
  /// All of the query.
  const http::url_query& query();

  /// Notes what is wrong with a parameter. @param name replaces the `$` of the paths.
  void note(place where, std::string_view name, std::vector<issue> issues);
  void note(json_problems found);

  /// Takes the body, if all of it is here; throws http_error with 413, 415.
  bool take_body(bool json);
  /// It is not needed any more, and `body` is empty again.
  void drop_body();
  /// Reads what take_body() could not.
  static task<> read_body(request_context& self);
  /// The same of a form, of either type.
  static task<> read_form(request_context& self);
  /// The files of that name, in order, which it does not keep.
  std::vector<upload> take_uploads(std::string_view name);

  /// The client's session. Throws std::logic_error if the app keeps none.
  session& client_session();
  /// Tells the client of the changes to its session.
  void finish_session(http::server_response& answer);

  /// What lives until the response has been sent.
  request_scope& scope();
  [[nodiscard]] bool has_scope() const noexcept { return scope_ != nullptr; }
  std::shared_ptr<request_scope> share_scope() const noexcept { return scope_; }

  /// 422 with all problems.
  [[nodiscard]] http::server_response refuse();

 private:
  [[nodiscard]] std::size_t most_of_body() const noexcept;

  http::server_request* request_;
  std::string body_read_;  ///< what `body` is of, unless the connection has it
  texts found_;
  std::string decoded_;
  std::optional<http::url_query> query_;
  std::shared_ptr<request_scope> scope_;
  std::unique_ptr<session> session_;
};

}  // namespace weft::web::detail
