#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/postgres/codecs.hpp>
#include <weft/postgres/detail/pool_allocator.hpp>

namespace weft::postgres::detail {

/// A parameter that is encoded when the server has said which type it has.
class open_value {
 public:
  virtual ~open_value() = default;
  virtual void write(std::string& to, oid::number as) const = 0;
};

/// A statement's parameters, encoded: the arguments need not live any longer.
class parameters {
 public:
  struct one {
    oid::number type;
    bool as_text;
    std::int32_t length;  ///< -1: NULL
    std::size_t at;       ///< in bytes()
  };

  using list_type = std::vector<one, pool_allocator<one>>;

  const list_type& list() const noexcept { return list_; }
  const std::string& bytes() const noexcept { return bytes_; }
  bool has_open() const noexcept { return !open_.empty(); }
  /// Encodes what is open, now that the types of all are known. Throws data_error that says which one does not fit.
  void encode_open(const std::vector<oid::number>& types);
  void reserve(std::size_t count) {
    list_.reserve(count);
    bytes_.reserve(count * std::string{}.capacity());  // a single small value needs no memory of its own
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
    } else if (type == oid::unknown) {
      open_.emplace_back(list_.size(), std::make_shared<open_value_of<T>>(value));
      return add_null(type);
    } else {
      codec<T>::write(bytes_, value, type);
    }
    end(type, codec<T>::as_text, at);
  }
  void add_null(oid::number type) { list_.push_back({type, false, -1, bytes_.size()}); }
  /// Throws data_error for text with a zero byte, and for too much.
  void end(oid::number type, bool as_text, std::size_t at);
  std::int32_t length_since(std::size_t begin, std::size_t at) const;

  template <class T>
  class open_value_of final : public open_value {
   public:
    explicit open_value_of(const T& value) : value_(value) {}
    void write(std::string& to, oid::number as) const override { codec<T>::write(to, value_, as); }

   private:
    T value_;
  };

  list_type list_;
  std::string bytes_;                                                            // text ends with a zero byte
  std::vector<std::pair<std::size_t, std::shared_ptr<const open_value>>> open_;  // by their places in the list
};

/// Which of a statement's rows need to know what users' types are made of.
enum class knowledge : std::uint8_t {
  none,   ///< none
  whole,  ///< those that are one column
  parts   ///< all
};

/// A statement with its parameters.
struct command {
  using text_type = std::basic_string<char, std::char_traits<char>, pool_allocator<char>>;
  text_type text;
  parameters values;
  knowledge needed = knowledge::none;
  bool describes = false;  ///< it is not run: the server tells its types

  /// Throws data_error for a zero byte, where the server would take it to end.
  explicit command(std::string_view statement);
  template <class... Args>
  static command of(std::string_view statement, const Args&... args) {
    command made{statement};
    if constexpr (sizeof...(Args) > 0) {
      made.values.reserve(sizeof...(Args));
      (made.values.add(args), ...);
    }
    return made;
  }
};

}  // namespace weft::postgres::detail
