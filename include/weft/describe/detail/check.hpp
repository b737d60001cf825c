#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/constraints.hpp>
#include <weft/describe/detail/traits.hpp>
#include <weft/describe/field.hpp>

// The constraints of a field against its value.

namespace weft::detail {

template <class T>
inline constexpr bool is_each = false;
template <class... Constraints>
inline constexpr bool is_each<constraints::each<Constraints...>> = true;

template <class T>
inline constexpr bool is_remark = std::is_same_v<T, constraints::named> || std::is_same_v<T, constraints::doc> ||
                                  std::is_same_v<T, constraints::defaulted_field>;

// Where a constraint stands: each place with a regular expression has its own compiled one.
template <class Outer, std::size_t Index>
struct place {};

template <class Place, class Constraint, class Value>
bool check_one(const Constraint& wanted, const Value& value, issue_log& log);

template <class Place, class... Constraints, class Value>
bool check_all(const std::tuple<Constraints...>& wanted, const Value& value, issue_log& log) {
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    bool holds = true;
    ((holds = check_one<place<Place, Index>>(std::get<Index>(wanted), value, log) && holds), ...);
    return holds;
  }(std::index_sequence_for<Constraints...>{});
}

template <class Place, class Constraint, class Value>
bool check_one(const Constraint& wanted, const Value& value, issue_log& log) {
  if constexpr (is_remark<Constraint>) {
    return true;
  } else if constexpr (nullable<Value>) {
    return !value || check_one<Place>(wanted, *value, log);
  } else if constexpr (is_each<Constraint>) {
    bool holds = true;
    path_scope path{log};
    std::size_t index = 0;
    for (const auto& element : value) {
      if constexpr (map_like<Value>) {
        path.at(element.first);
        holds = check_all<Place>(wanted.all, element.second, log) && holds;
      } else {
        path.at(index++);
        holds = check_all<Place>(wanted.all, static_cast<const typename Value::value_type&>(element), log) && holds;
      }
    }
    return holds;
  } else if constexpr (std::is_same_v<Constraint, constraints::pattern>) {
    static const regex compiled{wanted.expression};
    return check_pattern(compiled, wanted.expression, value, log);
  } else {
    return check(wanted, value, log);
  }
}

// Whether anything was said about a field that its value could violate.
template <class T, std::size_t Index>
inline constexpr bool checks_anything = []<class... Constraints>(const std::tuple<Constraints...>&) {
  return !(is_remark<Constraints> && ...);
}(std::get<Index>(fields_of<T>).constraints);

// The path must be the field's.
template <class T, std::size_t Index, class Value>
bool check_field(const Value& value, issue_log& log) {
  return check_all<place<T, Index>>(std::get<Index>(fields_of<T>).constraints, value, log);
}

}  // namespace weft::detail
