#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/describe.hpp>
#include <weft/postgres/codec.hpp>

namespace weft::postgres {

/// A described enumeration is an enumeration of the server's with these names.
template <described_enum E>
struct codec<E> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, E value) {
    const std::optional<std::string_view> name = enum_name(value);
    if (!name) detail::throw_out_of_range("a value of an enumeration without a name");
    to += *name;
  }
  static void write(std::string& to, E value, oid::number) { write_text(to, value); }
  static void read(std::string_view from, oid::number is, E& value) {
    const std::string name = detail::read_text(from, is);
    for (const auto& one : enumerators_of<E>) {
      if (one.name == name) {
        value = one.value;
        return;
      }
    }
    throw data_error{"\"" + name + "\" is no name of the enumeration"};
  }
};

namespace detail {

/// The type that a field of a composite value is said to have: the server compares it with the declared one.
template <class T>
struct field_type {
  static oid::number number() {
    const oid::number type = codec<T>::type;
    return type == oid::unknown ? oid::text : type;
  }
};
template <class T>
struct field_type<std::optional<T>> : field_type<T> {};

/// @param as the composite type, if it is known
template <class T>
void write_composite(std::string& to, const T& value, oid::number as = oid::unknown) {
  const std::vector<oid::number>* next = parts_of(as);
  if (next != nullptr && next->size() != field_count<T>) {
    throw data_error{"a composite type has another number of fields than the described type"};
  }
  put(to, static_cast<std::int32_t>(field_count<T>));
  std::size_t i = 0;
  for_each_field<T>([&](const auto& field) {
    const auto& part = field.get(value);
    const oid::number type = next != nullptr ? (*next)[i++] : field_type<std::remove_cvref_t<decltype(part)>>::number();
    put(to, type);
    write_sized(to, part, base_of(type));
  });
}

/// True if T can be JSON. Rows may well have fields that cannot. `Around` are the types that T is part of.
template <class T, class... Around>
constexpr bool has_json() {
  if constexpr ((std::same_as<T, Around> || ...)) {
    return true;
  } else if constexpr (described<T>) {
    bool all = true;
    for_each_field<T>([&all](const auto& field) {
      using part = std::remove_cvref_t<decltype(field.get(std::declval<T&>()))>;
      all = all && has_json<part, T, Around...>();
    });
    return all;
  } else if constexpr (requires { typename T::mapped_type; }) {
    if constexpr (has_json<typename T::mapped_type, T, Around...>()) return json_readable<T> && json_writable<T>;
    return false;
  } else if constexpr (requires { typename T::value_type; } && !std::is_convertible_v<const T&, std::string_view>) {
    if constexpr (has_json<typename T::value_type, T, Around...>()) return json_readable<T> && json_writable<T>;
    return false;
  } else {
    return json_readable<T> && json_writable<T>;
  }
}

}  // namespace detail

/// A described type is json or jsonb. As a result, and in copy_in, it is also a composite type with fields of these
/// types in this order; as a parameter a composite type is a composite<T>.
template <described T>
struct codec<T> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static constexpr bool has_parts = true;
  static void write_text(std::string& to, const T& value) {
    static_assert(detail::has_json<T>(),
                  "a described type is sent as JSON, and a field of this one has no json_codec; for a composite type "
                  "send composite{value}");
    to += to_json(value);
  }
  static void write(std::string& to, const T& value, oid::number as) {
    if (as >= oid::first_of_users) return detail::write_composite(to, value, as);
    if constexpr (detail::has_json<T>()) {
      detail::write_text_as(to, to_json(value), as);
    } else {
      detail::throw_no_fit(as, "a described type with a field that has no json_codec");
    }
  }
  static void read(std::string_view from, oid::number is, T& value) {
    if (is == oid::json || is == oid::jsonb) {
      if constexpr (detail::has_json<T>()) {
        value = from_json<T>(detail::json_in(from, is));
        return;
      } else {
        detail::throw_no_fit(is, "a described type with a field that has no json_codec");
      }
    }
    if (is != oid::record && is < oid::first_of_users) detail::throw_no_fit(is, "a described type");
    detail::wire_reader reader{from};
    if (reader.number<std::int32_t>() != static_cast<std::int32_t>(field_count<T>)) {
      throw data_error{"a composite value has another number of fields than the described type"};
    }
    for_each_field<T>([&](const auto& field) {
      const auto of = reader.number<oid::number>();
      const std::string_view bytes = detail::read_sized(reader);
      detail::read_nullable(bytes, detail::base_of(of), field.get(value));
    });
  }
};

/// A parameter of a composite type: `db.execute("insert into t values ($1)", composite{spot})`, or several in a vector.
/// The described type's fields are in the server's order.
template <described T>
struct composite {
  T value;

  composite() = default;
  explicit composite(T given) : value(std::move(given)) {}
};

template <class T>
struct codec<composite<T>> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = false;
  static constexpr bool has_parts = true;
  static void write(std::string& to, const composite<T>& value, oid::number as) {
    if (as < oid::first_of_users) detail::throw_no_fit(as, "a composite type, which a cast would make known");
    detail::write_composite(to, value.value, as);
  }
  static void read(std::string_view from, oid::number is, composite<T>& value) {
    codec<T>::read(from, is, value.value);
  }
};

}  // namespace weft::postgres
