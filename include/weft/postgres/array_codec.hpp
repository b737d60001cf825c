#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/postgres/codec.hpp>

namespace weft::postgres {

namespace detail {

template <class T>
struct array_part {
  using leaf = T;
  static constexpr int depth = 0;
};
template <class T>
  requires(!std::same_as<T, std::byte>)
struct array_part<std::vector<T>> {
  using leaf = typename array_part<T>::leaf;
  static constexpr int depth = 1 + array_part<T>::depth;
};

template <class T>
struct without_optional {
  using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
  using type = T;
};

template <class T>
void measure_array(const std::vector<T>& value, std::vector<std::size_t>& sizes, std::size_t level) {
  if (sizes.size() == level) sizes.push_back(value.size());
  if (sizes[level] != value.size()) throw data_error{"the arrays in an array must all have the same size"};
  if constexpr (array_part<T>::depth > 0) {
    for (const T& part : value) measure_array(part, sizes, level + 1);
  }
}

template <class T>
void write_elements(std::string& to, const std::vector<T>& value, oid::number element) {
  for (const auto& part : value) {
    if constexpr (array_part<T>::depth > 0) {
      write_elements(to, part, element);
    } else {
      write_sized<T>(to, part, element);
    }
  }
}

template <class T>
void read_elements(wire_reader& from, const std::vector<std::size_t>& sizes, std::size_t level, oid::number element,
                   std::vector<T>& value) {
  value.clear();
  for (std::size_t i = 0; i < sizes[level]; ++i) {
    T part{};
    if constexpr (array_part<T>::depth > 0) {
      read_elements(from, sizes, level + 1, element, part);
    } else {
      const std::string_view bytes = read_sized(from);
      read_nullable(bytes, element, part);
    }
    value.push_back(std::move(part));
  }
}

/// The sizes of an array's dimensions and the type of its elements. Throws data_error.
std::pair<std::vector<std::size_t>, oid::number> read_array_head(wire_reader& from, oid::number is, int depth);
/// An element as it stands in an array's text; null pointer for NULL.
void append_element(std::string& to, const std::string* text);
void write_array_head(std::string& to, const std::vector<std::size_t>& sizes, oid::number element);
oid::number element_of(oid::number array) noexcept;

/// As text, for elements whose type only the server knows.
template <class T>
void write_array_text(std::string& to, const std::vector<T>& value) {
  to += '{';
  const char* separator = "";
  for (const auto& part : value) {
    to += separator;
    separator = ",";
    if constexpr (array_part<T>::depth > 0) {
      write_array_text(to, part);
    } else if constexpr (is_optional<T>) {
      std::string text;
      if (part) codec<typename T::value_type>::write_text(text, *part);
      append_element(to, part ? &text : nullptr);
    } else {
      std::string text;
      codec<T>::write_text(text, part);
      append_element(to, &text);
    }
  }
  to += '}';
}

/// Of elements that are sent as text of an unknown type: enumerations, JSON, ... Text is taken for text.
template <class Leaf>
constexpr bool is_array_text() {
  if constexpr (codec<Leaf>::as_text && !std::same_as<Leaf, std::string>) {
    return codec<Leaf>::type == oid::unknown;
  } else {
    return false;
  }
}

}  // namespace detail

/// An array, of as many dimensions as there are vectors in each other. NULL only into optional elements.
template <class T>
  requires(!std::same_as<T, std::byte>)
struct codec<std::vector<T>> {
  using leaf = typename detail::without_optional<typename detail::array_part<std::vector<T>>::leaf>::type;
  static constexpr int depth = detail::array_part<std::vector<T>>::depth;
  static constexpr bool as_text = detail::is_array_text<leaf>();
  static constexpr bool has_parts = !described_enum<leaf>;
  static inline const oid::number element = std::same_as<leaf, std::string> ? oid::text : codec<leaf>::type;
  static inline const oid::number type = as_text ? oid::unknown : detail::array_of(element);

  static void write_text(std::string& to, const std::vector<T>& value) {
    std::vector<std::size_t> sizes;
    detail::measure_array(value, sizes, 0);
    detail::write_array_text(to, value);
  }
  static void write(std::string& to, const std::vector<T>& value, oid::number as) {
    oid::number of = detail::element_of(as);
    if (of == oid::unknown && as != oid::unknown && as < oid::first_of_users) detail::throw_no_fit(as, "an array");
    if (of == oid::unknown) of = element;
    std::vector<std::size_t> sizes;
    detail::measure_array(value, sizes, 0);
    if (sizes.size() < std::size_t{depth} || sizes.back() == 0) sizes.clear();
    detail::write_array_head(to, sizes, of);
    if (!sizes.empty()) detail::write_elements(to, value, detail::base_of(of));
  }
  static void read(std::string_view from, oid::number is, std::vector<T>& value) {
    detail::wire_reader reader{from};
    const auto [sizes, of] = detail::read_array_head(reader, is, depth);
    value.clear();
    if (!sizes.empty()) detail::read_elements(reader, sizes, 0, detail::base_of(of), value);
  }
};

}  // namespace weft::postgres
