#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include <weft/describe/detail/check.hpp>
#include <weft/describe/field.hpp>
#include <weft/describe/issue.hpp>

namespace weft {
namespace detail {

template <class T>
inline constexpr bool is_variant = false;
template <class... Alternatives>
inline constexpr bool is_variant<std::variant<Alternatives...>> = true;

template <class T>
void validate_into(const T& value, issue_log& log) {
  if constexpr (described<T>) {
    path_scope path{log};
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (([&] {
         const auto& described_field = std::get<Index>(fields_of<T>);
         path.at(described_field.name());
         check_field<T, Index>(described_field.get(value), log);
         validate_into(described_field.get(value), log);
       }()),
       ...);
    }(std::make_index_sequence<field_count<T>>{});
  } else if constexpr (nullable<T>) {
    if (value) validate_into(*value, log);
  } else if constexpr (is_variant<T>) {
    std::visit([&](const auto& alternative) { validate_into(alternative, log); }, value);
  } else if constexpr (map_like<T>) {
    path_scope path{log};
    for (const auto& [key, element] : value) {
      path.at(std::string_view{key});
      validate_into(element, log);
    }
  } else if constexpr (list_like<T> || set_like<T>) {
    path_scope path{log};
    std::size_t index = 0;
    for (const auto& element : value) {
      path.at(index++);
      validate_into<typename T::value_type>(element, log);
    }
  } else if constexpr (tuple_like<T>) {
    path_scope path{log};
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((path.at(Index), validate_into(std::get<Index>(value), log)), ...);
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  }
}

}  // namespace detail

/// Everything about a value that its description does not allow, with the values inside it; empty if it is fine. For
/// values that come from elsewhere than JSON: what from_json() gives has been checked.
/// @param limit after so many issues the rest is not told.
template <class T>
[[nodiscard]] std::vector<issue> issues_of(const T& value, std::size_t limit = 100) {
  detail::issue_log log{limit};
  detail::validate_into(value, log);
  return log.take();
}

/// Checks a value against its description.
/// @throws validation_error that tells everything that is wrong.
template <class T>
void validate(const T& value) {
  if (std::vector<issue> issues = issues_of(value); !issues.empty()) throw validation_error{std::move(issues)};
}

}  // namespace weft
