#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

namespace weft::detail {

// What may hold nothing, which is null in a document: optionals and owning pointers.
template <class T>
inline constexpr bool is_nullable = false;
template <class T>
inline constexpr bool is_nullable<std::optional<T>> = true;
template <class T, class Deleter>
inline constexpr bool is_nullable<std::unique_ptr<T, Deleter>> = true;
template <class T>
inline constexpr bool is_nullable<std::shared_ptr<T>> = true;

template <class T>
concept nullable = is_nullable<T>;

// Makes a nullable hold a value, and gives that.
template <class T>
T& make_value(std::optional<T>& holder) {
  return holder.emplace();
}
template <class T>
T& make_value(std::unique_ptr<T>& holder) {
  holder = std::make_unique<T>();
  return *holder;
}
template <class T>
T& make_value(std::shared_ptr<T>& holder) {
  holder = std::make_shared<T>();
  return *holder;
}

// Maps from text: objects with members of any name.
template <class T>
concept map_like = requires(T& map, typename T::key_type key, typename T::mapped_type value) {
  requires std::is_same_v<typename T::key_type, std::string>;
  map.try_emplace(std::move(key), std::move(value)).second;
  map.begin()->second;
};

// Sequences that grow at their end.
template <class T>
concept list_like = requires(T& list, typename T::value_type value) {
  list.push_back(std::move(value));
  list.begin() != list.end();
} && !std::is_convertible_v<const T&, std::string_view>;

// Sets.
template <class T>
concept set_like = requires(T& set, typename T::key_type value) {
  requires std::is_same_v<typename T::key_type, typename T::value_type>;
  set.insert(std::move(value)).second;
};

// Arrays, pairs and tuples: a fixed number of elements.
template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

}  // namespace weft::detail
