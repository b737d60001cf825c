#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/web/detail/endpoint.hpp>

namespace weft::web {

namespace detail {
class route_entry;

// Called in a constant expression, these end it: the compiler names what is wrong.
void the_path_of_a_route_begins_with_a_slash();
void a_brace_in_the_path_is_not_closed();
void the_path_has_no_such_parameter(std::string_view name);

/// Whether `{name}` or `{name:path}` stands in the path.
constexpr bool has_parameter(std::string_view path, std::string_view name) noexcept {
  for (std::size_t open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) {
    const std::string_view rest = path.substr(open + 1);
    if (rest.starts_with(name) &&
        (rest.substr(name.size()).starts_with('}') || rest.substr(name.size()).starts_with(":path}")))
      return true;
  }
  return false;
}

template <class P>
constexpr void check_parameter([[maybe_unused]] std::string_view path) {
  if constexpr (requires { parameter<P>::path_name; }) {
    if (!has_parameter(path, parameter<P>::path_name)) the_path_has_no_such_parameter(parameter<P>::path_name);
  }
}
template <class... A>
struct path_check {
  static constexpr void run([[maybe_unused]] std::string_view path) { (check_parameter<A>(path), ...); }
};

/// The names of the parameters that a handler takes from its path.
template <class... A>
struct path_names {
  static void add_to(std::vector<std::string_view>& names) {
    (
        [&] {
          if constexpr (requires { parameter<A>::path_name; }) names.push_back(parameter<A>::path_name);
        }(),
        ...);
  }
};

}  // namespace detail

/// A route's path that is only known when the program runs.
struct runtime_path {
  std::string_view text;
};

/// The path of a route: `/users/{id}`, `/files/{rest:path}`. Between braces stands what the handler takes as
/// `path<"id", T>`: one segment, or with `:path` all that is left. A literal that has not what the handler takes does
/// not compile, but for routers, where a prefix may have it. There it may be empty, too: the prefix is the path then.
template <class F, bool Whole = true>
class route_path {
 public:
  template <class S>
    requires std::is_convertible_v<const S&, std::string_view>
  consteval route_path(const S& literal) : text_{literal} {  // NOLINT(google-explicit-constructor)
    if (!text_.starts_with('/') && (Whole || !text_.empty())) detail::the_path_of_a_route_begins_with_a_slash();
    for (std::size_t i = 0, open = text_.npos; i <= text_.size(); ++i) {
      if (i == text_.size() ? open != text_.npos : text_[i] == '/' && open != text_.npos)
        detail::a_brace_in_the_path_is_not_closed();
      if (i < text_.size() && text_[i] == '{') open = i;
      if (i < text_.size() && text_[i] == '}') open = text_.npos;
    }
    if constexpr (Whole && detail::signature<F>::known)
      detail::signature<F>::template arguments<detail::path_check>::run(text_);
  }
  route_path(runtime_path path) noexcept : text_{path.text} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

/// What can be said about a route, after it was made: `app.get(...).summary("...").timeout(5s)`.
class route {
 public:
  /// What it does, in a line, for OpenAPI.
  route& summary(std::string_view text);
  /// And at length.
  route& description(std::string_view text);
  /// The group that it belongs to, for OpenAPI. May be said more than once.
  route& tag(std::string_view name);
  /// The status of what the handler gives, if that is no response of its own; 200 otherwise, and 204 where there is
  /// nothing. Throws std::invalid_argument unless it is one of 200 to 299.
  route& status(int status);
  /// Leaves it out of OpenAPI.
  route& hidden();
  /// A handler that takes longer is stopped, and the answer is 503. It has ended then.
  route& timeout(std::chrono::nanoseconds limit);
  /// Larger bodies are answered with 413; 1 MiB otherwise, see app_options.
  route& max_body(std::size_t bytes);
  /// More requests at the same time are answered with 503.
  route& max_concurrent(std::size_t requests);
  /// A client that sends more is answered with 429; see app::limit_rate.
  route& limit_rate(const rate_limit& limit);

  /// For the library's own use.
  explicit route(detail::route_entry& entry) noexcept : entry_{&entry} {}

 private:
  detail::route_entry* entry_;
};

}  // namespace weft::web
