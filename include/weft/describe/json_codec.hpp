#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <weft/describe/detail/traits.hpp>
#include <weft/describe/field.hpp>
#include <weft/describe/json_reader.hpp>
#include <weft/describe/json_writer.hpp>

namespace weft {

/// How a type is read from JSON and written as JSON. Specialise it for types of your own that WEFT_DESCRIBE does not
/// fit:
///
///     template <>
///     struct weft::json_codec<colour> {
///       static constexpr std::string_view expects = "a colour like \"#rrggbb\"";
///       static constexpr auto kind = json_reader::kind::string;       // only needed for alternatives of variants
///       static bool read(json_reader& reader, colour& value);         // false if something was wrong, and noted
///       static void write(json_writer& writer, const colour& value);
///     };
template <class T>
struct json_codec;

/// A type that JSON is read into.
template <class T>
concept json_readable = requires(json_reader& reader, T& value) {
  { json_codec<T>::read(reader, value) } -> std::same_as<bool>;
  { json_codec<T>::expects } -> std::convertible_to<std::string_view>;
};

/// A type that is written as JSON.
template <class T>
concept json_writable = requires(json_writer& writer, const T& value) { json_codec<T>::write(writer, value); };

// ---- implementation -------------------------------------------------------------------------------------------------

namespace detail {

// Errors where a type is nested deep in others should name the type.
template <class T>
bool read_json_value(json_reader& reader, T& value) {
  static_assert(json_readable<T>,
                "JSON is not read into this type: describe it with WEFT_DESCRIBE, or specialise "
                "weft::json_codec");
  return json_codec<T>::read(reader, value);
}

template <class T>
void write_json_value(json_writer& writer, const T& value) {
  static_assert(json_writable<T>,
                "This type is not written as JSON: describe it with WEFT_DESCRIBE, or specialise "
                "weft::json_codec");
  json_codec<T>::write(writer, value);
}

template <class T>
std::string json_of(const T& value) {
  json_writer writer;
  write_json_value(writer, value);
  return writer.take();
}

template <class T>
std::string shown_as_json(const T& value) {
  if constexpr (json_writable<T>) {
    try {
      return cut_short(json_of(value));
    } catch (const validation_error&) {  // NOLINT(bugprone-empty-catch): below
    }
  }
  return "something else";
}

template <class T>
concept json_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

}  // namespace detail

template <>
struct json_codec<bool> {
  static constexpr std::string_view expects = "a boolean";
  static constexpr auto kind = json_reader::kind::boolean;
  static bool read(json_reader& reader, bool& value) { return reader.read(value); }
  static void write(json_writer& writer, bool value) { writer.write(value); }
};

template <detail::json_integer T>
struct json_codec<T> {
  static constexpr std::string_view expects = "an integer";
  static constexpr auto kind = json_reader::kind::number;
  using widest = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
  static bool read(json_reader& reader, T& value) {
    widest number = 0;
    if (!reader.read_integer(number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(number);
    return true;
  }
  static void write(json_writer& writer, T value) { writer.write(widest{value}); }
};

template <class T>
  requires std::same_as<T, double> || std::same_as<T, float>
struct json_codec<T> {
  static constexpr std::string_view expects = "a number";
  static constexpr auto kind = json_reader::kind::number;
  static bool read(json_reader& reader, T& value) { return reader.read(value); }
  static void write(json_writer& writer, T value) { writer.write(value); }
};

template <>
struct json_codec<std::string> {
  static constexpr std::string_view expects = "a string";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, std::string& value) { return reader.read(value); }
  static void write(json_writer& writer, const std::string& value) { writer.write(std::string_view{value}); }
};

// Text that somebody else owns is only written.
template <class T>
  requires std::same_as<T, std::string_view> || std::same_as<std::decay_t<T>, const char*> ||
           std::same_as<std::decay_t<T>, char*>
struct json_codec<T> {
  static void write(json_writer& writer, std::string_view value) { writer.write(value); }
};

template <>
struct json_codec<std::monostate> {
  static constexpr std::string_view expects = "null";
  static constexpr auto kind = json_reader::kind::null;
  static bool read(json_reader& reader, std::monostate&) { return reader.read_null() || reader.refuse(expects); }
  static void write(json_writer& writer, std::monostate) { writer.write_null(); }
};

template <detail::nullable T>
struct json_codec<T> {
  using value_type = std::remove_cvref_t<decltype(*std::declval<T&>())>;
  static constexpr std::string_view expects = json_codec<value_type>::expects;
  static bool read(json_reader& reader, T& value) {
    value.reset();
    return reader.read_null() || detail::read_json_value(reader, detail::make_value(value));
  }
  static void write(json_writer& writer, const T& value) {
    if (value)
      detail::write_json_value(writer, *value);
    else
      writer.write_null();
  }
};

/// By the enumerator's name.
template <described_enum T>
struct json_codec<T> {
  static constexpr std::string_view expects = "the name of an enumerator";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, T& value) {
    std::string_view name;
    std::string buffer;
    if (reader.peek() != json_reader::kind::string) return reader.refuse(wanted());
    if (!reader.read(name, buffer)) return false;
    const std::optional<T> found = enum_from_name<T>(name);
    if (!found) return reader.refuse(wanted(), detail::shown(name));
    value = *found;
    return true;
  }
  /// A value that has no name is written as its number, which reading refuses.
  static void write(json_writer& writer, T value) {
    if (const auto name = enum_name(value))
      writer.write(*name);
    else
      writer.write(static_cast<std::int64_t>(value));
  }

 private:
  static std::string wanted() {
    std::string text = "one of ";
    for (const auto& one : enumerators_of<T>) {
      if (&one != enumerators_of<T>.data()) text += ", ";
      text += detail::shown(one.name);
    }
    return text;
  }
};

/// What was read is kept as it was, and written as it is: any JSON, for whoever reads it later or with other tools.
struct raw_json {
  std::string text = "null";

  friend bool operator==(const raw_json&, const raw_json&) = default;
};

template <>
struct json_codec<raw_json> {
  static constexpr std::string_view expects = "a value";
  static bool read(json_reader& reader, raw_json& value) {
    std::string_view text;
    if (!reader.read_raw(text)) return false;
    value.text.assign(text);
    return true;
  }
  static void write(json_writer& writer, const raw_json& value) { writer.write_raw(value.text); }
};

}  // namespace weft
