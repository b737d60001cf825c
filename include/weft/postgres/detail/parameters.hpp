#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/postgres/codecs.hpp>

namespace weft::postgres::detail {

/// A statement's parameters, encoded: the arguments need not live any longer.
class parameters {
 public:
  struct one {
    oid::number type;
    bool as_text;
    std::int32_t length;  ///< -1: NULL
    std::size_t at;       ///< in bytes()
  };

  const std::vector<one>& list() const noexcept { return list_; }
  const std::string& bytes() const noexcept { return bytes_; }
  void reserve(std::size_t count) {
    list_.reserve(count);
    bytes_.reserve(count * 16);
  }

  template <class T>
  void add(const T& value) {
    if constexpr (std::is_same_v<T, std::nullopt_t> || std::is_same_v<T, std::nullptr_t>) {
      add_null(oid::unknown);
    } else if constexpr (is_optional<T>) {
      if (value) {
        add(*value);
      } else {
        add_null(codec<typename T::value_type>::type);
      }
    } else if constexpr (std::is_array_v<T> || std::is_same_v<T, char*>) {
      add_as<const char*>(value);
    } else {
      add_as<T>(value);
    }
  }

 private:
  template <class T, class U>
  void add_as(const U& value) {
    const std::size_t at = bytes_.size();
    const oid::number type = codec<T>::type;
    if constexpr (codec<T>::as_text) {
      codec<T>::write_text(bytes_, value);
    } else {
      codec<T>::write(bytes_, value, type);
    }
    end(type, codec<T>::as_text, at);
  }
  void add_null(oid::number type) { list_.push_back({type, false, -1, bytes_.size()}); }
  /// Throws data_error for text with a zero byte, and for too much.
  void end(oid::number type, bool as_text, std::size_t at);

  std::vector<one> list_;
  std::string bytes_;  // text ends with a zero byte
};

/// A statement with its parameters.
struct command {
  std::string text;
  parameters values;

  explicit command(std::string statement) : text{std::move(statement)} {}
  template <class... Args>
  static command of(std::string_view statement, const Args&... args) {
    command made{std::string{statement}};
    if constexpr (sizeof...(Args) > 0) {
      made.values.reserve(sizeof...(Args));
      (made.values.add(args), ...);
    }
    return made;
  }
};

}  // namespace weft::postgres::detail
