#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>
#include <weft/describe/detail/check.hpp>
#include <weft/describe/field.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/websocket.hpp>
#include <weft/web/background_tasks.hpp>
#include <weft/web/detail/request_context.hpp>
#include <weft/web/detail/route_description.hpp>
#include <weft/web/detail/text_value.hpp>
#include <weft/web/parameters.hpp>
#include <weft/web/security.hpp>
#include <weft/web/session.hpp>
#include <weft/web/use.hpp>

// How each parameter of a handler is filled.

namespace weft::web::detail {

template <class T>
inline constexpr bool is_otherwise = false;
template <class T>
inline constexpr bool is_otherwise<otherwise<T>> = true;

/// Specialised for everything that a handler can ask for:
///
///     static constexpr bool needs_body, needs_form
///     static P take(request_context&)                  notes what is wrong
///     static task<> supply(request_context&, P&)       optional: what has to be waited for
///     static void describe(route_description&)
template <class P>
struct parameter {
  static constexpr bool known = false;
};

struct known_parameter {
  static constexpr bool known = true;
  static constexpr bool needs_json = false;
  static constexpr bool needs_text = false;
  static constexpr bool needs_form = false;
  static void describe(route_description&) {}
};

/// What OpenAPI says of what is given where a parameter is missing.
template <class T, class U>
void write_keyword(schema_writer& to, const otherwise<U>& said) {
  to.out.key("default");
  if constexpr (requires { said.value.view(); })
    to.out.write(said.value.view());
  else
    write_number(to.out, said.value);
}

// ---- by name --------------------------------------------------------------------------------------------------------

template <class Default, class T>
void set_default(const Default& with, T& value) {
  if constexpr (requires { with.value.view(); }) {
    static_assert(std::is_constructible_v<T, std::string_view>, "weft: this otherwise() is text, the parameter is not");
    if constexpr (std::is_constructible_v<T, std::string_view>) value = T(with.value.view());
  } else {
    static_assert(std::is_constructible_v<T, decltype(with.value)>,
                  "weft: this otherwise() does not fit the type of its parameter");
    if constexpr (std::is_constructible_v<T, decltype(with.value)>) value = T(with.value);
  }
}

template <class P>
constexpr bool has_default =
    []<class... C>(const std::tuple<C...>&) { return (is_otherwise<C> || ...); }(P::constraints);

template <class P, place Where>
struct text_parameter : known_parameter {
  using value_type = typename P::value_type;
  static_assert(text_value<value_type>,
                "weft: a parameter of this type cannot be read from text: it takes numbers, booleans, strings, "
                "described enumerations, times and UUIDs, and optionals and vectors of them");
  static_assert(!list_like<value_type> || !has_default<P>,
                "weft: a list of which nothing has come is empty: it takes no otherwise()");
  static constexpr bool required = !nullable<value_type> && !list_like<value_type> && !has_default<P>;

  static P take(request_context& in) {
    P taken;
    value_type& value = *taken;
    const std::span<const std::string_view> texts = in.values(Where, P::name);
    if (texts.empty()) {
      std::apply(
          [&](const auto&... each) {
            (
                [&] {
                  if constexpr (is_otherwise<std::remove_cvref_t<decltype(each)>>) set_default(each, value);
                }(),
                ...);
          },
          P::constraints);
    }
    issue_log log{10};
    if (read_values(texts, value, required, log)) check(value, log);
    if (log.size() != 0) in.note(Where, P::name, log.take());
    return taken;
  }

  static void describe(route_description& to) {
    to.parameters.push_back(
        {.in = Where, .name = P::name, .required = required || Where == place::path, .schema = [](schema_writer& out) {
           write_schema<value_type>(out, P::constraints);
         }});
  }

 private:
  static void check(const value_type& value, issue_log& log) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (check_one<Index>(value, log), ...);
    }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(P::constraints)>>>{});
  }
  template <std::size_t Index>
  static void check_one(const value_type& value, issue_log& log) {
    const auto& wanted = std::get<Index>(P::constraints);
    if constexpr (!is_otherwise<std::remove_cvref_t<decltype(wanted)>>)
      weft::detail::check_one<weft::detail::place<P, Index>>(wanted, value, log);
  }
};

template <fixed_text Name, class T, auto... C>
struct parameter<path<Name, T, C...>> : text_parameter<path<Name, T, C...>, place::path> {
  static_assert(!nullable<T> && !list_like<T> && !has_default<path<Name, T, C...>>,
                "weft: what stands in the path is always there, and once");
  static constexpr std::string_view path_name = Name.view();
};
template <fixed_text Name, class T, auto... C>
struct parameter<query<Name, T, C...>> : text_parameter<query<Name, T, C...>, place::query> {};
template <fixed_text Name, class T, auto... C>
struct parameter<header<Name, T, C...>> : text_parameter<header<Name, T, C...>, place::header> {};
template <fixed_text Name, class T, auto... C>
struct parameter<cookie<Name, T, C...>> : text_parameter<cookie<Name, T, C...>, place::cookie> {
  static_assert(!list_like<T>, "weft: a cookie comes once");
};

// ---- described structs out of names and values ----------------------------------------------------------------------

template <described T>
void take_fields(request_context& in, place where, T& value) {
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (
        [&] {
          const auto& one = std::get<Index>(fields_of<T>);
          using field_type = typename std::remove_cvref_t<decltype(one)>::value_type;
          static_assert(text_value<field_type>, "weft: a field of this type cannot be read from a query or a form");
          issue_log log{10};
          field_type& member = one.get(value);
          const std::span<const std::string_view> texts = in.values(where, one.name());
          if (read_values(texts, member, one.required() && !list_like<field_type>, log))
            weft::detail::check_field<T, Index>(member, log);
          if (log.size() != 0) in.note(where, one.name(), log.take());
        }(),
        ...);
  }(std::make_index_sequence<field_count<T>>{});
}

template <class T>
struct parameter<query_fields<T>> : known_parameter {
  static_assert(described<T>, "weft: query_fields takes a struct that WEFT_DESCRIBE has described");
  static query_fields<T> take(request_context& in) {
    query_fields<T> taken;
    take_fields(in, place::query, *taken);
    return taken;
  }
  static void describe(route_description& to) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (describe_field<Index>(to), ...);
    }(std::make_index_sequence<field_count<T>>{});
  }

 private:
  template <std::size_t Index>
  static void describe_field(route_description& to) {
    using field_type = std::remove_cvref_t<decltype(std::get<Index>(fields_of<T>))>;
    using value_type = typename field_type::value_type;
    to.parameters.push_back({.in = place::query,
                             .name = std::get<Index>(fields_of<T>).name(),
                             .required = field_type::required() && !list_like<value_type>,
                             .schema = [](schema_writer& out) {
                               write_schema<value_type>(out, std::get<Index>(fields_of<T>).constraints);
                             }});
  }
};

// ---- the body -------------------------------------------------------------------------------------------------------

template <class T>
struct parameter<body<T>> : known_parameter {
  static constexpr bool is_text = std::is_same_v<T, std::string>;
  static constexpr bool needs_json = !is_text;
  static constexpr bool needs_text = is_text;
  static_assert(json_readable<T>, "weft: this body is not read from JSON: describe it with WEFT_DESCRIBE");

  static body<T> take(request_context& in) {
    body<T> taken;
    if constexpr (is_text) {
      taken->assign(in.body);
    } else if (in.body.empty() && nullable<T>) {
      // none
    } else if (json_problems problems = read_json(in.body, *taken); !problems.none()) {
      in.note(std::move(problems));
    }
    return taken;
  }
  static void describe(route_description& to) {
    to.body_type = is_text ? "text/plain" : "application/json";
    to.body_required = !nullable<T>;
    to.body_schema = [](schema_writer& out) { write_schema<T>(out); };
  }
};

template <class T>
struct parameter<form<T>> : known_parameter {
  static_assert(described<T>, "weft: a form is read into a struct that WEFT_DESCRIBE has described");
  static constexpr bool needs_form = true;
  static form<T> take(request_context& in) {
    form<T> taken;
    take_fields(in, place::form, *taken);
    return taken;
  }
  static void describe(route_description& to) {
    to.body_required = true;
    to.body_schema = [](schema_writer& out) { write_schema<T>(out); };
  }
};

template <fixed_text Name, class T, auto... C>
struct parameter<form_field<Name, T, C...>> : text_parameter<form_field<Name, T, C...>, place::form> {
  static constexpr bool needs_form = true;
};

/// Notes where there are more than one, or none.
bool take_one_upload(request_context& in, std::string_view name, bool required, upload& file);

template <fixed_text Name, class T>
struct parameter<form_file<Name, T>> : known_parameter {
  static constexpr bool needs_form = true;
  static form_file<Name, T> take(request_context& in) {
    form_file<Name, T> taken;
    if constexpr (list_like<T>) {
      *taken = in.take_uploads(Name.view());
    } else {
      upload file;
      if (take_one_upload(in, Name.view(), !nullable<T>, file)) *taken = std::move(file);
    }
    return taken;
  }
  static void describe(route_description& to) {
    to.takes_files = true;
    to.parameters.push_back({.in = place::form,
                             .name = Name.view(),
                             .required = !nullable<T> && !list_like<T>,
                             .schema = list_like<T> ? &write_files_schema : &write_file_schema});
  }
};

// ---- credentials ----------------------------------------------------------------------------------------------------

/// The text behind the scheme in the Authorization field. Throws unauthorized where there is none.
std::string take_credentials(request_context& in, std::string_view scheme);
basic_credentials take_basic(request_context& in);
std::string take_key(request_context& in, std::string_view name);

template <>
struct parameter<bearer_token> : known_parameter {
  static bearer_token take(request_context& in) { return bearer_token{take_credentials(in, "Bearer")}; }
  static void describe(route_description& to) { to.security.push_back({.kind = security_kind::bearer, .name = {}}); }
};
template <>
struct parameter<basic_credentials> : known_parameter {
  static basic_credentials take(request_context& in) { return take_basic(in); }
  static void describe(route_description& to) { to.security.push_back({.kind = security_kind::basic, .name = {}}); }
};
template <fixed_text Name>
struct parameter<api_key<Name>> : known_parameter {
  static api_key<Name> take(request_context& in) { return api_key<Name>{take_key(in, Name.view())}; }
  static void describe(route_description& to) {
    to.security.push_back({.kind = security_kind::api_key, .name = Name.view()});
  }
};

// ---- what the server has --------------------------------------------------------------------------------------------

template <>
struct parameter<http::server_request&> : known_parameter {
  static http::server_request& take(request_context& in) { return in.request(); }
};
template <>
struct parameter<const http::server_request&> : parameter<http::server_request&> {};

template <>
struct parameter<caller> : known_parameter {
  static caller take(request_context& in) { return in.client(); }
};

background_tasks& background_of(request_context& in);

template <>
struct parameter<background_tasks&> : known_parameter {
  static background_tasks& take(request_context& in) { return background_of(in); }
};

template <>
struct parameter<session&> : known_parameter {
  static session& take(request_context& in) { return in.client_session(); }
};

/// Stands for the WebSocket, which comes later.
struct websocket_to_come {};
template <>
struct parameter<http::websocket&> : known_parameter {
  static websocket_to_come take(request_context&) { return {}; }
};

/// Needs no request: for what is made once for each server.
template <class P>
inline constexpr bool is_use = false;
template <class T>
inline constexpr bool is_use<use<T>> = true;

template <class T>
struct parameter<use<T>> : known_parameter {
  static use<T> take(request_context&) { return {}; }
  static void describe(route_description& to) { to.uses.push_back({&dependency_key<T>, typeid(T).name()}); }
  static task<> supply(request_context& in, use<T>& taken) { return supply_from(in, taken); }

 private:
  static task<> supply_from(request_context& in, use<T>& taken) {
    void* const found = co_await supply_dependency(in, &dependency_key<T>);
    taken = use<T>{static_cast<T*>(found)};
  }
};

template <class P>
concept fillable_parameter = parameter<P>::known;

/// Fails to compile, naming the parameter, for one that cannot be filled.
template <class P>
struct must_be_fillable {
  static_assert(fillable_parameter<P>,
                "weft: this parameter of a handler cannot be filled from a request. A handler may take path<\"name\", "
                "T>, query<...>, header<...>, cookie<...>, query_fields<T>, form<T>, body<T>, use<T>, bearer_token, "
                "basic_credentials, api_key<\"name\">, caller, session&, "
                "http::server_request&, background_tasks& and, of a WebSocket route, websocket&");
  static constexpr bool value = true;
};

}  // namespace weft::web::detail
