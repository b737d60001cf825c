#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <weft/describe/detail/traits.hpp>
#include <weft/describe/field.hpp>
#include <weft/describe/json_codec.hpp>
#include <weft/describe/json_time.hpp>
#include <weft/describe/json_writer.hpp>
#include <weft/describe/uuid.hpp>
#include <weft/describe/validate.hpp>

// JSON Schema (draft 2020-12, which OpenAPI 3.1 has) of described types.

namespace weft::web::detail {

class schema_writer;
using definition_function = void (*)(schema_writer&);

/// Collects the schemas of described types under `#/components/schemas/`.
class schema_writer {
 public:
  explicit schema_writer(json_writer& to) noexcept : out{to} {}
  schema_writer(const schema_writer&) = delete;
  schema_writer& operator=(const schema_writer&) = delete;
  virtual ~schema_writer() = default;

  json_writer& out;

  /// The name of a type in the document. Types with the same name get numbers.
  /// @param key tells types apart.
  virtual std::string reference(const void* key, std::string_view name, definition_function define) = 0;

  void member(std::string_view name, std::string_view value) {
    out.key(name);
    out.write(value);
  }
};

template <class T>
inline constexpr char schema_key = 0;

template <class T>
void define_object(schema_writer& to);
template <class T>
void define_tagged(schema_writer& to);
template <class T>
void define_enum(schema_writer& to);

template <class T>
inline constexpr bool is_time_point = false;
template <class D>
inline constexpr bool is_time_point<std::chrono::sys_time<D>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;

template <class T>
void write_number(json_writer& out, const T& value) {
  if constexpr (std::is_floating_point_v<T>)
    out.write(static_cast<double>(value));
  else if constexpr (std::is_convertible_v<T, std::string_view>)
    out.write(std::string_view{value});
  else if constexpr (requires { json_codec<T>::write(out, value); })
    json_codec<T>::write(out, value);
}

// The keywords for one thing said about a field. Of no others is there anything to say.
template <class T, class Said>
void write_keyword(schema_writer&, const Said&) {}

// A limit, unless the type's own is narrower. Of times and the like there are no keywords for limits.
template <class T, class U>
void write_least(schema_writer& to, std::string_view keyword, const U& limit) {
  if constexpr (std::is_arithmetic_v<T> && std::is_arithmetic_v<U>) {
    const bool narrower = std::is_floating_point_v<T> || !weft::detail::less(limit, std::numeric_limits<T>::min());
    to.out.key(narrower ? keyword : "minimum");
    if (narrower)
      write_number(to.out, limit);
    else
      write_number(to.out, std::numeric_limits<T>::min());
  }
}
template <class T, class U>
void write_most(schema_writer& to, std::string_view keyword, const U& limit) {
  if constexpr (std::is_arithmetic_v<T> && std::is_arithmetic_v<U>) {
    const bool narrower = std::is_floating_point_v<T> || !weft::detail::less(std::numeric_limits<T>::max(), limit);
    to.out.key(narrower ? keyword : "maximum");
    if (narrower)
      write_number(to.out, limit);
    else
      write_number(to.out, std::numeric_limits<T>::max());
  }
}

template <class T, class U>
void write_keyword(schema_writer& to, const constraints::ge<U>& said) {
  write_least<T>(to, "minimum", said.limit);
}
template <class T, class U>
void write_keyword(schema_writer& to, const constraints::gt<U>& said) {
  write_least<T>(to, "exclusiveMinimum", said.limit);
}
template <class T, class U>
void write_keyword(schema_writer& to, const constraints::le<U>& said) {
  write_most<T>(to, "maximum", said.limit);
}
template <class T, class U>
void write_keyword(schema_writer& to, const constraints::lt<U>& said) {
  write_most<T>(to, "exclusiveMaximum", said.limit);
}
template <class T>
void write_keyword(schema_writer& to, const constraints::min_length& said) {
  to.out.key(weft::detail::text_like<T> ? "minLength" : weft::detail::map_like<T> ? "minProperties" : "minItems");
  to.out.write(std::uint64_t{said.limit});
}
template <class T>
void write_keyword(schema_writer& to, const constraints::max_length& said) {
  to.out.key(weft::detail::text_like<T> ? "maxLength" : weft::detail::map_like<T> ? "maxProperties" : "maxItems");
  to.out.write(std::uint64_t{said.limit});
}
template <class T>
void write_keyword(schema_writer& to, const constraints::pattern& said) {
  to.member("pattern", said.expression);
}
template <class T>
void write_keyword(schema_writer& to, const constraints::email_address&) {
  to.member("format", "email");
}
template <class T, class U>
void write_keyword(schema_writer& to, const constraints::multiple_of<U>& said) {
  to.out.key("multipleOf");
  write_number(to.out, said.unit);
}
template <class T, class U, std::size_t Count>
void write_keyword(schema_writer& to, const constraints::one_of<U, Count>& said) {
  to.out.key("enum");
  to.out.begin_array();
  for (const U& one : said.values) {
    to.out.element();
    write_number(to.out, one);
  }
  to.out.end_array();
}
template <class T>
void write_keyword(schema_writer& to, const constraints::unique_elements&) {
  to.out.key("uniqueItems");
  to.out.write(true);
}
template <class T>
void write_keyword(schema_writer& to, const constraints::doc& said) {
  to.member("description", said.text);
}

/// What a field has that is missing in a document.
struct default_json {
  std::string_view text;
};
template <class T>
void write_keyword(schema_writer& to, const default_json& said) {
  to.out.key("default");
  to.out.write_raw(said.text);
}

/// The JSON of a field in a value that nothing was read into; empty where that is no JSON.
template <class T>
std::string default_of(const auto& one) {
  const T object{};
  try {
    json_writer writer;
    weft::detail::write_json_value(writer, one.get(object));
    return writer.take();
  } catch (const validation_error&) {
    return {};
  }
}

template <class T>
void write_type(schema_writer& to, const auto& said);

/// `each(...)` belongs to the elements.
template <class T>
void write_elements(schema_writer& to, const auto& said) {
  bool written = false;
  std::apply(
      [&](const auto&... each) {
        (
            [&] {
              if constexpr (weft::detail::is_each<std::remove_cvref_t<decltype(each)>>) {
                if (!written) write_type<T>(to, each.all);
                written = true;
              }
            }(),
            ...);
      },
      said);
  if (!written) write_type<T>(to, std::tuple<>{});
}

/// The tag would be an extra field.
template <class T>
inline constexpr bool refuses_extra = false;
template <described T>
inline constexpr bool refuses_extra<T> = description_of<T>.extra == type_description::extra_fields::refused;

template <class... Alternatives>
void write_alternatives(schema_writer& to, std::type_identity<std::variant<Alternatives...>>) {
  constexpr std::size_t tagged = (std::size_t{described<Alternatives>} + ...);
  to.out.key(tagged > 1 ? "oneOf" : "anyOf");
  to.out.begin_array();
  (
      [&] {
        to.out.element();
        if constexpr (described<Alternatives> && tagged > 1 && refuses_extra<Alternatives>) {
          define_tagged<Alternatives>(to);
        } else if constexpr (described<Alternatives> && tagged > 1) {
          // The object and its tag.
          to.out.begin_object();
          to.out.key("allOf");
          to.out.begin_array();
          to.out.element();
          write_type<Alternatives>(to, std::tuple<>{});
          to.out.element();
          to.out.begin_object();
          to.member("type", "object");
          to.out.key("properties");
          to.out.begin_object();
          to.out.key(description_of<Alternatives>.tag_member);
          to.out.begin_object();
          to.member("const", description_of<Alternatives>.tag);
          to.out.end_object();
          to.out.end_object();
          to.out.key("required");
          to.out.begin_array();
          to.out.element();
          to.out.write(description_of<Alternatives>.tag_member);
          to.out.end_array();
          to.out.end_object();
          to.out.end_array();
          to.out.end_object();
        } else {
          write_type<Alternatives>(to, std::tuple<>{});
        }
      }(),
      ...);
  to.out.end_array();
}

template <class Said>
inline constexpr bool says_least = false;
template <class U>
inline constexpr bool says_least<constraints::ge<U>> = true;
template <class U>
inline constexpr bool says_least<constraints::gt<U>> = true;
template <class Said>
inline constexpr bool says_most = false;
template <class U>
inline constexpr bool says_most<constraints::le<U>> = true;
template <class U>
inline constexpr bool says_most<constraints::lt<U>> = true;

/// The limits of an integer's type, where no format tells them.
template <class T, class... Said>
void write_range(schema_writer& to, const std::tuple<Said...>&) {
  if constexpr (std::is_signed_v<T> && sizeof(T) >= 4) return;
  if constexpr (!(says_least<Said> || ...)) {
    to.out.key("minimum");
    to.out.write(std::int64_t{std::numeric_limits<T>::min()});
  }
  if constexpr (!(says_most<Said> || ...)) {
    to.out.key("maximum");
    write_number(to.out, std::numeric_limits<T>::max());
  }
}

template <class... Said>
constexpr bool says_unique(const std::tuple<Said...>&) noexcept {
  return (std::is_same_v<Said, constraints::unique_elements> || ...);
}

/// What says what kind of value a type is, in an object that has begun.
template <class T>
void write_kind(schema_writer& to, const auto& said) {
  if constexpr (std::is_same_v<T, bool>) {
    to.member("type", "boolean");
  } else if constexpr (weft::detail::json_integer<T>) {
    to.member("type", "integer");
    if constexpr (sizeof(T) >= 4 && std::is_signed_v<T>) to.member("format", sizeof(T) == 8 ? "int64" : "int32");
    write_range<T>(to, said);
  } else if constexpr (std::is_floating_point_v<T>) {
    to.member("type", "number");
    to.member("format", sizeof(T) == 4 ? "float" : "double");
  } else if constexpr (std::is_same_v<T, uuid>) {
    to.member("type", "string");
    to.member("format", "uuid");
  } else if constexpr (std::is_same_v<T, std::chrono::sys_days> || std::is_same_v<T, std::chrono::year_month_day>) {
    to.member("type", "string");
    to.member("format", "date");
  } else if constexpr (is_time_point<T>) {
    to.member("type", "string");
    to.member("format", "date-time");
  } else if constexpr (is_duration<T>) {
    to.member("type", "string");
    to.member("format", "duration");
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    to.member("type", "null");
  } else if constexpr (weft::detail::text_like<T>) {  // NOLINT(bugprone-branch-clone): the order counts
    to.member("type", "string");
  } else if constexpr (described<T>) {
    to.member("$ref",
              "#/components/schemas/" + to.reference(&schema_key<T>, description_of<T>.name, &define_object<T>));
  } else if constexpr (described_enum<T>) {
    to.member("$ref", "#/components/schemas/" + to.reference(&schema_key<T>, description_of<T>.name, &define_enum<T>));
  } else if constexpr (weft::detail::is_variant<T>) {
    write_alternatives(to, std::type_identity<T>{});
  } else if constexpr (weft::detail::map_like<T>) {
    to.member("type", "object");
    to.out.key("additionalProperties");
    write_elements<typename T::mapped_type>(to, said);
  } else if constexpr (weft::detail::list_like<T> || weft::detail::set_like<T>) {
    to.member("type", "array");
    to.out.key("items");
    write_elements<typename T::value_type>(to, said);
    if constexpr (weft::detail::set_like<T>) {
      if (!says_unique(said)) write_keyword<T>(to, constraints::unique);
    }
  } else if constexpr (weft::detail::tuple_like<T>) {
    to.member("type", "array");
    to.out.key("minItems");
    to.out.write(std::uint64_t{std::tuple_size_v<T>});
    to.out.key("maxItems");
    to.out.write(std::uint64_t{std::tuple_size_v<T>});
    to.out.key("prefixItems");
    to.out.begin_array();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((to.out.element(), write_type<std::tuple_element_t<Index, T>>(to, std::tuple<>{})), ...);
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
    to.out.end_array();
  } else if constexpr (requires { requires json_codec<T>::kind == json_reader::kind::string; }) {
    to.member("type", "string");
  }
}

/// @param said a tuple of constraints.
template <class T>
void write_type(schema_writer& to, const auto& said) {
  if constexpr (weft::detail::nullable<T>) {
    using held = std::remove_cvref_t<decltype(*std::declval<T&>())>;
    to.out.begin_object();
    to.out.key("anyOf");
    to.out.begin_array();
    to.out.element();
    write_type<held>(to, said);
    to.out.element();
    to.out.begin_object();
    to.member("type", "null");
    to.out.end_object();
    to.out.end_array();
    to.out.end_object();
  } else {
    to.out.begin_object();
    write_kind<T>(to, said);
    std::apply([&](const auto&... each) { (write_keyword<T>(to, each), ...); }, said);
    to.out.end_object();
  }
}

template <class T>
void write_object(schema_writer& to, bool tagged) {
  to.out.begin_object();
  to.member("type", "object");
  if (!description_of<T>.doc.empty()) to.member("description", description_of<T>.doc);
  to.out.key("properties");
  to.out.begin_object();
  if (tagged) {
    to.out.key(description_of<T>.tag_member);
    to.out.begin_object();
    to.member("const", description_of<T>.tag);
    to.out.end_object();
  }
  for_each_field<T>([&](const auto& one) {
    using field_type = std::remove_cvref_t<decltype(one)>;
    using value_type = typename field_type::value_type;
    if (tagged && one.name() == description_of<T>.tag_member) return;
    to.out.key(one.name());
    if constexpr (field_type::template has<constraints::defaulted_field>() && !weft::detail::nullable<value_type> &&
                  json_writable<value_type> && std::is_default_constructible_v<T>) {
      const std::string text = default_of<T>(one);
      if (!text.empty())
        return write_type<value_type>(to, std::tuple_cat(one.constraints, std::tuple{default_json{text}}));
    }
    write_type<value_type>(to, one.constraints);
  });
  to.out.end_object();
  bool any = tagged;
  if (tagged) {
    to.out.key("required");
    to.out.begin_array();
    to.out.element();
    to.out.write(description_of<T>.tag_member);
  }
  for_each_field<T>([&](const auto& one) {
    if (!one.required() || (tagged && one.name() == description_of<T>.tag_member)) return;
    if (!std::exchange(any, true)) {
      to.out.key("required");
      to.out.begin_array();
    }
    to.out.element();
    to.out.write(one.name());
  });
  if (any) to.out.end_array();
  if (description_of<T>.extra == type_description::extra_fields::refused) {
    to.out.key("additionalProperties");
    to.out.write(false);
  }
  to.out.end_object();
}

template <class T>
void define_object(schema_writer& to) {
  write_object<T>(to, false);
}
template <class T>
void define_tagged(schema_writer& to) {
  write_object<T>(to, true);
}

template <class T>
void define_enum(schema_writer& to) {
  to.out.begin_object();
  to.member("type", "string");
  if (!description_of<T>.doc.empty()) to.member("description", description_of<T>.doc);
  to.out.key("enum");
  to.out.begin_array();
  for (const auto& one : enumerators_of<T>) {
    to.out.element();
    to.out.write(one.name);
  }
  to.out.end_array();
  to.out.end_object();
}

/// The schema of a value of that type, under these constraints.
template <class T>
void write_schema(schema_writer& to, const auto& said) {
  write_type<T>(to, said);
}
template <class T>
void write_schema(schema_writer& to) {
  write_type<T>(to, std::tuple<>{});
}

}  // namespace weft::web::detail
