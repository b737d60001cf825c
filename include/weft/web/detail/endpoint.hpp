#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/accept_websocket.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/detail/parameter.hpp>
#include <weft/web/detail/request_context.hpp>
#include <weft/web/detail/route_description.hpp>

// A handler of any signature as something that answers requests.

namespace weft::web::detail {

template <class R, class... A>
struct signature_of {
  using result = R;
  template <template <class...> class List>
  using arguments = List<A...>;
};
template <class F>
struct member_signature {
  static constexpr bool known = false;
};
template <class R, class C, class... A>
struct member_signature<R (C::*)(A...)> : signature_of<R, A...> {
  static constexpr bool known = true;
};
template <class R, class C, class... A>
struct member_signature<R (C::*)(A...) const> : member_signature<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct member_signature<R (C::*)(A...) noexcept> : member_signature<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct member_signature<R (C::*)(A...) const noexcept> : member_signature<R (C::*)(A...)> {};

template <class F>
struct signature {
  static constexpr bool known = false;
};
template <class F>
  requires requires { &F::operator(); }
struct signature<F> : member_signature<decltype(&F::operator())> {};
template <class R, class... A>
struct signature<R (*)(A...)> : signature_of<R, A...> {
  static constexpr bool known = true;
};
template <class R, class... A>
struct signature<R (*)(A...) noexcept> : signature<R (*)(A...)> {};

template <class T>
struct given_by {
  using type = T;
  static constexpr bool waits = false;
};
template <class T>
struct given_by<task<T>> {
  using type = T;
  static constexpr bool waits = true;
};

template <class T>
inline constexpr bool is_text_result =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> || std::is_same_v<T, const char*>;

template <class T>
concept answerable =
    std::is_void_v<T> || std::same_as<T, http::server_response> || is_text_result<T> || json_writable<T>;

template <class T>
http::server_response make_response(T&& result) {
  using plain = std::remove_cvref_t<T>;
  if constexpr (std::same_as<plain, http::server_response>) {
    return std::forward<T>(result);
  } else if constexpr (is_text_result<plain>) {
    return http::server_response::text(std::string{std::forward<T>(result)});
  } else {
    return http::server_response::json(result);
  }
}

/// What answers the requests of a route.
class endpoint {
 public:
  endpoint() = default;
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;
  virtual ~endpoint() = default;
  virtual task<http::server_response> answer(request_context& in) = 0;
  [[nodiscard]] virtual route_description describe() const = 0;
};

/// The parameters of a handler, taken from a request.
template <class... A>
class argument_list {
 public:
  static_assert((must_be_fillable<A>::value && ...));
  static constexpr std::size_t size = sizeof...(A);
  static constexpr bool websocket = (std::is_same_v<A, http::websocket&> || ...);
  static constexpr bool uses_request =
      (std::is_same_v<A, http::server_request&> || ...) || (std::is_same_v<A, const http::server_request&> || ...);
  static constexpr bool needs_json = (parameter<A>::needs_json || ...);
  static constexpr bool needs_text = (parameter<A>::needs_text || ...);
  static constexpr bool needs_form = (parameter<A>::needs_form || ...);
  static constexpr bool uses_session = (std::is_same_v<A, session&> || ...);
  static constexpr bool only_uses = (is_use<A> && ...);
  static constexpr bool needs_body = needs_json || needs_text || needs_form;
  static_assert(int{needs_json} + int{needs_text} + int{needs_form} <= 1, "weft: a request has only one body");

  /// Notes what is wrong in the context.
  explicit argument_list(request_context& in) : values_{parameter<A>::take(in)...} {}

  /// Waits for what has to be waited for.
  static task<> supply(argument_list& self, request_context& in) { co_await supply_from<0>(self, in); }
  static constexpr bool supplies =
      (requires(request_context& in, std::remove_reference_t<A>& a) { parameter<A>::supply(in, a); } || ...);

  template <class F>
  decltype(auto) call(F& function) {
    return std::apply([&](auto&... value) -> decltype(auto) { return function(static_cast<A&&>(value)...); }, values_);
  }
  template <class F>
  decltype(auto) call(F& function, http::websocket& ws) {
    return std::apply([&](auto&... value) -> decltype(auto) { return function(static_cast<A&&>(pick(value, ws))...); },
                      values_);
  }

  static void describe(route_description& to) {
    (parameter<A>::describe(to), ...);
    to.takes_form = needs_form;
    to.validates = !to.parameters.empty() || needs_json || needs_form;
  }

 private:
  template <class V>
  static V& pick(V& value, http::websocket&) noexcept {
    return value;
  }
  static http::websocket& pick(websocket_to_come&, http::websocket& ws) noexcept { return ws; }

  template <std::size_t Index>
  static task<> supply_from(argument_list& self, request_context& in) {
    if constexpr (Index < sizeof...(A)) {
      using argument = std::tuple_element_t<Index, std::tuple<A...>>;
      if constexpr (requires { parameter<argument>::supply(in, std::get<Index>(self.values_)); }) {
        co_await parameter<argument>::supply(in, std::get<Index>(self.values_));
      }
      if constexpr (Index + 1 < sizeof...(A)) co_await supply_from<Index + 1>(self, in);
    }
    co_return;
  }

  std::tuple<decltype(parameter<A>::take(std::declval<request_context&>()))...> values_;
};

template <class F>
using arguments_of = typename signature<F>::template arguments<argument_list>;

template <class F>
void must_be_handler() {
  static_assert(signature<F>::known,
                "weft: a handler is a function or a callable with one operator() that is no template, so that its "
                "parameters can be read off it");
}

template <class F>
class endpoint_of final : public endpoint {
 public:
  using arguments = arguments_of<F>;
  using given = given_by<typename signature<F>::result>;
  using result = typename given::type;
  static_assert(!arguments::websocket, "weft: a handler that takes a websocket& belongs to app.websocket()");
  static_assert(answerable<result>,
                "weft: what this handler gives cannot be sent: it may give a described type or anything else that JSON "
                "is written from, std::string, web::response or nothing, or a task of one of these");

  explicit endpoint_of(F function) : function_(std::move(function)) {}

  task<http::server_response> answer(request_context& in) override { return answer(*this, in); }

  [[nodiscard]] route_description describe() const override {
    route_description made;
    arguments::describe(made);
    if constexpr (std::is_void_v<result>) {
      made.no_content = true;
    } else if constexpr (is_text_result<result>) {
      made.result_type = "text/plain";
      made.result_schema = [](schema_writer& out) { write_schema<std::string>(out); };
    } else if constexpr (!std::same_as<result, http::server_response>) {
      made.result_type = "application/json";
      made.result_schema = [](schema_writer& out) { write_schema<result>(out); };
    }
    return made;
  }

 private:
  static task<http::server_response> answer(endpoint_of& self, request_context& in) {
    if constexpr (arguments::needs_form) co_await request_context::read_form(in);
    if constexpr (arguments::needs_json || arguments::needs_text) {
      const bool here = in.take_body(arguments::needs_json);
      if (!here) co_await request_context::read_body(in);
    }
    arguments taken{in};
    if constexpr (arguments::needs_json || arguments::needs_text) in.drop_body();
    if constexpr (arguments::supplies) co_await arguments::supply(taken, in);
    if (!in.problems.empty()) co_return in.refuse();
    if constexpr (std::is_void_v<result>) {
      if constexpr (given::waits) {
        co_await taken.call(self.function_);
      } else {
        taken.call(self.function_);
      }
      co_return http::server_response{204};
    } else if constexpr (given::waits) {
      co_return make_response(co_await taken.call(self.function_));
    } else {
      co_return make_response(taken.call(self.function_));
    }
  }

  F function_;
};

template <class F>
class websocket_endpoint final : public endpoint {
 public:
  using arguments = arguments_of<F>;
  static_assert(arguments::websocket, "weft: the handler of a WebSocket route takes a websocket&");
  static_assert(!arguments::needs_body, "weft: a request for a WebSocket has no body");
  static_assert(!arguments::uses_request, "weft: when a WebSocket is open, its request is gone");
  static_assert(!arguments::uses_session,
                "weft: when a WebSocket is open, its session's cookie cannot change any more");
  static_assert(std::is_same_v<typename signature<F>::result, task<>>,
                "weft: the handler of a WebSocket route is a task<>");

  websocket_endpoint(F function, const http::websocket_options& options)
      : function_(std::move(function)), options_{options} {}

  task<http::server_response> answer(request_context& in) override { return answer(*this, in); }
  [[nodiscard]] route_description describe() const override {
    route_description made;
    arguments::describe(made);
    made.websocket = true;
    return made;
  }

 private:
  /// Has what the handler needs for as long as it runs.
  class session {
   public:
    session(F& function, arguments taken, std::shared_ptr<request_scope> scope) noexcept
        : function_{&function}, taken_{std::move(taken)}, scope_{std::move(scope)} {}
    task<> operator()(http::websocket& ws) { return taken_.call(*function_, ws); }

   private:
    F* function_;
    arguments taken_;
    std::shared_ptr<request_scope> scope_;
  };

  static task<http::server_response> answer(websocket_endpoint& self, request_context& in) {
    arguments taken{in};
    if constexpr (arguments::supplies) co_await arguments::supply(taken, in);
    if (!in.problems.empty()) co_return in.refuse();
    co_return http::accept_websocket(in.request(), session{self.function_, std::move(taken), in.share_scope()},
                                     self.options_);
  }

  F function_;
  http::websocket_options options_;
};

}  // namespace weft::web::detail
