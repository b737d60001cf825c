#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/caller.hpp>

namespace weft::web {

namespace detail {

class request_context;
task<http::server_response> answer_from(request_context& in, std::size_t middleware);

}  // namespace detail

/// What a middleware calls for the rest: the next middleware, or the handler. Errors have become responses by then.
///
///     app.use_middleware([](web::request& request, web::next next) -> task<web::response> {
///       web::response answer = co_await next();
///       answer.header("x-served-by", "weft");
///       co_return answer;
///     });
class next {
 public:
  /// Once for each request at most.
  [[nodiscard]] task<http::server_response> operator()() const { return detail::answer_from(*in_, index_); }

  /// The path of the route that answers, "/users/{id}"; empty if there is none.
  [[nodiscard]] std::string_view route() const noexcept;
  /// Who has sent the request.
  [[nodiscard]] caller client() const;

  /// For the library's own use.
  next(detail::request_context& in, std::size_t index) noexcept : in_{&in}, index_{index} {}

 private:
  detail::request_context* in_;
  std::size_t index_;
};

namespace detail {

class middleware {
 public:
  virtual ~middleware() = default;
  virtual task<http::server_response> run(http::server_request& request, next rest) = 0;
};

template <class F>
class middleware_of final : public middleware {
 public:
  explicit middleware_of(F function) : function_(std::move(function)) {}
  task<http::server_response> run(http::server_request& request, next rest) override {
    return function_(request, rest);
  }

 private:
  F function_;
};

class error_handler {
 public:
  virtual ~error_handler() = default;
  virtual std::optional<http::server_response> answer(const std::exception_ptr& error) = 0;
};

template <class E, class F>
class error_handler_of final : public error_handler {
 public:
  explicit error_handler_of(F function) : function_(std::move(function)) {}
  std::optional<http::server_response> answer(const std::exception_ptr& error) override {
    try {
      std::rethrow_exception(error);
    } catch (const E& caught) {
      return function_(caught);
    } catch (...) {
      return std::nullopt;
    }
  }

 private:
  F function_;
};

}  // namespace detail
}  // namespace weft::web
