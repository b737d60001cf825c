#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/detail/check.hpp>
#include <weft/describe/json_codec.hpp>

// Objects of described types: a table per type, and reading and writing that go by the table and are no templates.

namespace weft::detail {

struct json_member {
  std::string_view name;
  std::string_view quoted;  // with quotes and colon, as it is written; padded to a multiple of 16 bytes
  std::string_view expects;
  bool required;
  bool (*read)(json_reader& reader, void* object);
  void (*write)(json_writer& writer, const void* object);
  bool (*is_null)(const void* object);  // null if it never is
};

struct json_object_type {
  std::span<const json_member> members;
  type_description::extra_fields extra;
};

inline constexpr std::size_t most_members = 512;

// @param tag the member that told which alternative of a variant this is, which is no extra one; or none.
bool read_json_object(json_reader& reader, void* object, const json_object_type& type, std::string_view tag);

// The members alone, within an object that has begun.
void write_json_members(json_writer& writer, const void* object, const json_object_type& type, std::string_view tag);

template <class T, std::size_t Index>
inline constexpr auto quoted_name = [] {
  constexpr std::string_view name = std::get<Index>(fields_of<T>).name();
  std::array<char, (name.size() + 3 + 15) / 16 * 16> quoted{};
  quoted[0] = '"';
  for (std::size_t i = 0; i < name.size(); ++i) quoted[i + 1] = name[i];
  quoted[name.size() + 1] = '"';
  quoted[name.size() + 2] = ':';
  return quoted;
}();

template <class T, std::size_t Index>
struct json_field {
  static constexpr const auto& described = std::get<Index>(fields_of<T>);
  using value_type = typename std::remove_cvref_t<decltype(described)>::value_type;

  static bool read(json_reader& reader, void* object) {
    value_type& value = described.get(*static_cast<T*>(object));
    if constexpr (checks_anything<T, Index>) {
      return read_json_value(reader, value) && check_field<T, Index>(value, reader.log());
    } else {
      return read_json_value(reader, value);  // a tail call
    }
  }
  static void write(json_writer& writer, const void* object) {
    write_json_value(writer, described.get(*static_cast<const T*>(object)));
  }
  static bool is_null(const void* object) {
    if constexpr (nullable<value_type>)
      return !described.get(*static_cast<const T*>(object));
    else
      return false;
  }
  static constexpr std::string_view expects() {
    if constexpr (json_readable<value_type>)
      return json_codec<value_type>::expects;
    else
      return {};
  }

  static constexpr json_member member() {
    return {.name = described.name(),
            .quoted = {quoted_name<T, Index>.data(), described.name().size() + 3},
            .expects = expects(),
            .required = described.required(),
            .read = &read,
            .write = &write,
            .is_null = nullable<value_type> ? &is_null : nullptr};
  }
};

template <class T>
struct json_table {
  static_assert(field_count<T> <= most_members, "too many fields");

  template <std::size_t... Index>
  static constexpr std::array<json_member, sizeof...(Index)> make(std::index_sequence<Index...>) {
    return {json_field<T, Index>::member()...};
  }
  static constexpr auto members = make(std::make_index_sequence<field_count<T>>{});
  static constexpr json_object_type type{.members = members, .extra = description_of<T>.extra};
};

}  // namespace weft::detail

namespace weft {

/// Described types are objects.
template <described T>
struct json_codec<T> {
  static constexpr std::string_view expects = "an object";
  static constexpr auto kind = json_reader::kind::object;
  static bool read(json_reader& reader, T& value) {
    return detail::read_json_object(reader, &value, detail::json_table<T>::type, {});
  }
  static void write(json_writer& writer, const T& value) {
    writer.begin_object();
    detail::write_json_members(writer, &value, detail::json_table<T>::type, {});
    writer.end_object();
  }
};

}  // namespace weft
