#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/describe/json_codec.hpp>

// JSON of the standard library's containers: arrays of vectors, lists and sets; objects of maps from strings; arrays of
// fixed length of std::array, pairs and tuples.

namespace weft {

/// Maps from strings are objects. A member that comes twice is an error.
template <detail::map_like T>
struct json_codec<T> {
  static constexpr std::string_view expects = "an object";
  static constexpr auto kind = json_reader::kind::object;
  static bool read(json_reader& reader, T& value) {
    const std::size_t before = reader.log().size();
    json_reader::object members{reader};
    if (!members.entered()) return false;
    value.clear();
    while (members.next()) {
      const auto [place, is_new] = value.try_emplace(std::string{members.key()});
      if (is_new)
        detail::read_json_value(reader, place->second);
      else
        reader.refuse("each member once");
    }
    return !reader.ended() && reader.log().size() == before;
  }
  static void write(json_writer& writer, const T& value) {
    detail::path_scope path{writer.log()};
    writer.begin_object();
    for (const auto& [key, element] : value) {
      path.at(key);
      writer.key(key);
      detail::write_json_value(writer, element);
    }
    writer.end_object();
  }
};

namespace detail {

template <class T>
void write_json_range(json_writer& writer, const T& value) {
  path_scope path{writer.log()};
  writer.begin_array();
  std::size_t index = 0;
  for (const auto& element : value) {
    path.at(index++);
    writer.element();
    write_json_value<typename T::value_type>(writer, element);
  }
  writer.end_array();
}

}  // namespace detail

/// Vectors, deques and lists are arrays.
template <detail::list_like T>
struct json_codec<T> {
  static constexpr std::string_view expects = "an array";
  static constexpr auto kind = json_reader::kind::array;
  static bool read(json_reader& reader, T& value) {
    const std::size_t before = reader.log().size();
    json_reader::array elements{reader};
    if (!elements.entered()) return false;
    value.clear();
    while (elements.next()) {
      if constexpr (requires { value.capacity(); }) {
        // Few small elements in one piece of memory, not in three.
        if (value.capacity() == 0 && sizeof(typename T::value_type) <= 32) value.reserve(4);
      }
      if constexpr (std::is_same_v<typename T::value_type, bool>) {
        bool element = false;
        detail::read_json_value(reader, element);
        value.push_back(element);
      } else {
        detail::read_json_value(reader, value.emplace_back());
      }
    }
    return !reader.ended() && reader.log().size() == before;
  }
  static void write(json_writer& writer, const T& value) { detail::write_json_range(writer, value); }
};

/// Sets are arrays. An element that comes twice is an error.
template <detail::set_like T>
struct json_codec<T> {
  static constexpr std::string_view expects = "an array";
  static constexpr auto kind = json_reader::kind::array;
  static bool read(json_reader& reader, T& value) {
    const std::size_t before = reader.log().size();
    json_reader::array elements{reader};
    if (!elements.entered()) return false;
    value.clear();
    while (elements.next()) {
      typename T::value_type element{};
      if (detail::read_json_value(reader, element) && !value.insert(std::move(element)).second)
        reader.refuse("elements that are all different", "one more than once");
    }
    return !reader.ended() && reader.log().size() == before;
  }
  static void write(json_writer& writer, const T& value) { detail::write_json_range(writer, value); }
};

/// Arrays, pairs and tuples are arrays of exactly so many elements.
template <detail::tuple_like T>
struct json_codec<T> {
  static constexpr std::size_t size = std::tuple_size_v<T>;
  static constexpr std::string_view expects = "an array";
  static constexpr auto kind = json_reader::kind::array;

  static bool read(json_reader& reader, T& value) {
    const std::size_t before = reader.log().size();
    std::size_t given = 0;
    {
      json_reader::array elements{reader};
      if (!elements.entered()) return false;
      while (elements.next()) {
        if (elements.index() < size)
          read_at(reader, value, elements.index());
        else
          reader.skip();
      }
      if (reader.ended()) return false;
      if (elements.index() == size) return reader.log().size() == before;
      given = elements.index();
    }
    return reader.refuse("an array of " + detail::shown_count(size, "element"),
                         "one of " + detail::shown_count(given, "element"));
  }
  static void write(json_writer& writer, const T& value) {
    detail::path_scope path{writer.log()};
    writer.begin_array();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((path.at(Index), writer.element(), detail::write_json_value(writer, std::get<Index>(value))), ...);
    }(std::make_index_sequence<size>{});
    writer.end_array();
  }

 private:
  static void read_at(json_reader& reader, T& value, std::size_t wanted) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (void)((Index == wanted && (detail::read_json_value(reader, std::get<Index>(value)), true)) || ...);
    }(std::make_index_sequence<size>{});
  }
};

}  // namespace weft
