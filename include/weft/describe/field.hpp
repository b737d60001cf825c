#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/constraints.hpp>
#include <weft/describe/detail/traits.hpp>

namespace weft {

/// What WEFT_DESCRIBE says about a type as a whole.
struct type_description {
  enum class extra_fields { as_asked, refused, allowed };

  std::string_view name;                        ///< without namespaces
  std::string_view doc{};                       ///< for people
  extra_fields extra = extra_fields::as_asked;  ///< what becomes of members that it does not have
  std::string_view tag_member{"type"};          ///< where it is an alternative of a variant: the member that
  std::string_view tag{};                       ///< tells it from the others, and its value there
};

/// One field of a described type: what it is called, where it is, and what must hold for it.
template <class Object, class Value, class... Constraints>
struct field {
  using object_type = Object;
  using value_type = Value;

  std::string_view member_name;  ///< in C++
  Value Object::* member;
  std::tuple<Constraints...> constraints;

  /// Its name in documents.
  [[nodiscard]] constexpr std::string_view name() const {
    if constexpr (has<constraints::named>())
      return std::get<constraints::named>(constraints).value;
    else
      return member_name;
  }
  /// What it is, for people; may be empty.
  [[nodiscard]] constexpr std::string_view doc() const {
    if constexpr (has<constraints::doc>())
      return std::get<constraints::doc>(constraints).text;
    else
      return {};
  }
  /// Whether a document must have it.
  [[nodiscard]] static constexpr bool required() noexcept {
    return !detail::nullable<Value> && !has<constraints::defaulted_field>();
  }
  /// Whether a constraint of this type was given.
  template <class Constraint>
  [[nodiscard]] static constexpr bool has() noexcept {
    return (std::is_same_v<Constraint, Constraints> || ...);
  }

  [[nodiscard]] constexpr const Value& get(const Object& object) const noexcept { return object.*member; }
  [[nodiscard]] constexpr Value& get(Object& object) const noexcept { return object.*member; }
};

/// An enumerator of a described enumeration.
template <class Enum>
struct enumerator {
  std::string_view name;  ///< in documents
  Enum value;
  std::string_view doc{};  ///< for people
};

namespace detail {

constexpr std::string_view without_namespaces(std::string_view name) noexcept {
  const std::size_t colons = name.rfind("::");
  return colons == std::string_view::npos ? name : name.substr(colons + 2);
}

constexpr void apply(type_description& type, constraints::doc option) { type.doc = option.text; }
constexpr void apply(type_description& type, constraints::named option) { type.name = option.value; }
constexpr void apply(type_description& type, constraints::extra_fields_refused) {
  type.extra = type_description::extra_fields::refused;
}
constexpr void apply(type_description& type, constraints::extra_fields_allowed) {
  type.extra = type_description::extra_fields::allowed;
}
constexpr void apply(type_description& type, constraints::tagged option) {
  type.tag_member = option.member;
  type.tag = option.value;
}

template <class... Options>
constexpr type_description make_type(std::string_view name, Options... options) {
  type_description type{.name = without_namespaces(name)};
  (apply(type, options), ...);
  if (type.tag.empty()) type.tag = type.name;
  return type;
}

template <class Object, class Base, class Value, class... Constraints>
constexpr field<Object, Value, Constraints...> make_field(std::string_view name, Value Base::* member,
                                                          Constraints... given) {
  return {name, member, std::tuple<Constraints...>{given...}};
}

template <class Enum>
constexpr void apply(enumerator<Enum>& one, constraints::named option) {
  one.name = option.value;
}
template <class Enum>
constexpr void apply(enumerator<Enum>& one, constraints::doc option) {
  one.doc = option.text;
}

template <class Enum, class... Options>
constexpr enumerator<Enum> make_enumerator(std::string_view name, Enum value, Options... options) {
  enumerator<Enum> one{name, value};
  (apply(one, options), ...);
  return one;
}

struct collect_type {
  constexpr type_description operator()(type_description type, const auto&...) const { return type; }
};
struct collect_fields {
  template <class... Fields>
  constexpr std::tuple<Fields...> operator()(const type_description&, Fields... fields) const {
    return std::tuple<Fields...>{fields...};
  }
};
struct collect_enumerators {
  template <class Enum, class... More>
  constexpr std::array<enumerator<Enum>, 1 + sizeof...(More)> operator()(const type_description&,
                                                                         enumerator<Enum> first, More... more) const {
    return {first, more...};
  }
};

}  // namespace detail

/// A class that WEFT_DESCRIBE has described.
template <class T>
concept described = requires { weft_describe(std::type_identity<T>{}, detail::collect_type{}); };

/// An enumeration that WEFT_DESCRIBE_ENUM has described.
template <class T>
concept described_enum = requires { weft_describe_enum(std::type_identity<T>{}, detail::collect_type{}); };

/// What was said about a described type.
template <class T>
  requires described<T> || described_enum<T>
inline constexpr type_description description_of = [] {
  if constexpr (described<T>)
    return weft_describe(std::type_identity<T>{}, detail::collect_type{});
  else
    return weft_describe_enum(std::type_identity<T>{}, detail::collect_type{});
}();

/// The fields of a described type, in the order of its description: a tuple of `field`.
template <described T>
inline constexpr auto fields_of = weft_describe(std::type_identity<T>{}, detail::collect_fields{});

/// How many fields a described type has.
template <described T>
inline constexpr std::size_t field_count = std::tuple_size_v<decltype(fields_of<T>)>;

/// Calls `visitor(field)` for each field of a described type, in the order of its description. Everything that knows
/// described types is made from this: JSON, validation, schemas, rows.
template <described T, class Visitor>
constexpr void for_each_field(Visitor&& visitor) {
  std::apply([&](const auto&... field) { (static_cast<void>(visitor(field)), ...); }, fields_of<T>);
}

/// Calls `visitor(constraint)` for everything that was said about a field.
template <class Object, class Value, class... Constraints, class Visitor>
constexpr void for_each_constraint(const field<Object, Value, Constraints...>& one, Visitor&& visitor) {
  std::apply([&](const auto&... constraint) { (static_cast<void>(visitor(constraint)), ...); }, one.constraints);
}

/// The enumerators of a described enumeration: an array of `enumerator`.
template <described_enum E>
inline constexpr auto enumerators_of = weft_describe_enum(std::type_identity<E>{}, detail::collect_enumerators{});

/// The name of an enumerator; nullopt if the value has none.
template <described_enum E>
[[nodiscard]] constexpr std::optional<std::string_view> enum_name(E value) noexcept {
  for (const enumerator<E>& one : enumerators_of<E>)
    if (one.value == value) return one.name;
  return std::nullopt;
}

/// The enumerator of that name.
template <described_enum E>
[[nodiscard]] constexpr std::optional<E> enum_from_name(std::string_view name) noexcept {
  for (const enumerator<E>& one : enumerators_of<E>)
    if (one.name == name) return one.value;
  return std::nullopt;
}

}  // namespace weft
