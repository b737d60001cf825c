#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/describe/detail/check.hpp>
#include <weft/describe/detail/traits.hpp>
#include <weft/describe/issue.hpp>
#include <weft/describe/json.hpp>

// Values out of text: of paths, queries, header fields, cookies and forms.

namespace weft::web::detail {

using weft::detail::issue_log;
using weft::detail::list_like;
using weft::detail::nullable;

bool read_text(std::string_view text, bool& value, issue_log& log);
bool read_text(std::string_view text, std::string& value, issue_log& log);
bool read_text(std::string_view text, double& value, issue_log& log);
bool read_integer(std::string_view text, std::int64_t& value, std::int64_t least, std::int64_t most, issue_log& log);
bool read_integer(std::string_view text, std::uint64_t& value, std::uint64_t least, std::uint64_t most, issue_log& log);
// As a JSON string, for what is written as one; nullopt-like empty if it is not UTF-8.
std::string quoted_text(std::string_view text);
void take_issues(std::vector<issue> found, issue_log& log);

// What text can be read into.
template <class T>
concept text_scalar =
    std::same_as<T, bool> || std::same_as<T, std::string> || std::floating_point<T> || weft::detail::json_integer<T> ||
    requires { requires json_codec<T>::kind == json_reader::kind::string; };

template <class T>
struct scalar_of {
  using type = T;
};
template <nullable T>
struct scalar_of<T> {
  using type = std::remove_cvref_t<decltype(*std::declval<T&>())>;
};
template <list_like T>
struct scalar_of<T> {
  using type = typename T::value_type;
};

/// A parameter's type: a scalar, or an optional or list of one.
template <class T>
concept text_value = text_scalar<typename scalar_of<T>::type>;

template <text_scalar T>
bool read_scalar(std::string_view text, T& value, issue_log& log) {
  if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>) {
    return read_text(text, value, log);
  } else if constexpr (std::floating_point<T>) {
    double wide = 0;
    if (!read_text(text, wide, log)) return false;
    if (std::abs(wide) > static_cast<double>(std::numeric_limits<T>::max())) {
      log.add("a number that is not too large for its type", quoted_text(text));
      return false;
    }
    value = static_cast<T>(wide);
    return true;
  } else if constexpr (weft::detail::json_integer<T>) {
    using widest = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    widest number = 0;
    if (!read_integer(text, number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), log)) return false;
    value = static_cast<T>(number);
    return true;
  } else {
    json_problems problems = read_json(quoted_text(text), value);
    if (problems.none()) return true;
    take_issues(std::move(problems.issues), log);
    return false;
  }
}

template <class T>
constexpr std::string_view expected_of() {
  return json_codec<typename scalar_of<T>::type>::expects;
}

/// @param texts all there are of that name.
/// @param required whether one that is missing is an error; otherwise `value` is left alone.
/// @return false if something is wrong, and noted, or there is nothing.
template <text_value T>
bool read_values(std::span<const std::string_view> texts, T& value, bool required, issue_log& log) {
  if constexpr (list_like<T>) {
    bool fine = true;
    weft::detail::path_scope path{log};
    std::size_t index = 0;
    for (const std::string_view text : texts) {
      path.at(index++);
      typename T::value_type element{};
      fine = read_scalar(text, element, log) && fine;
      if (fine) value.push_back(std::move(element));
    }
    return fine;
  } else {
    if (texts.size() > 1) {
      log.add("one value", weft::detail::shown_count(texts.size(), "value"));
      return false;
    }
    if constexpr (nullable<T>) {
      return texts.empty() || read_scalar(texts.front(), weft::detail::make_value(value), log);
    } else {
      if (!texts.empty()) return read_scalar(texts.front(), value, log);
      if (required) log.add(std::string{expected_of<T>()}, "nothing");
      return false;
    }
  }
}

}  // namespace weft::web::detail
