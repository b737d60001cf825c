#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weft::postgres::detail {

// Numbers in PostgreSQL's binary formats: big-endian.

template <std::size_t Size>
struct unsigned_of_size;
template <>
struct unsigned_of_size<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of_size<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of_size<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of_size<8> {
  using type = std::uint64_t;
};

template <class T>
using bits_of = typename unsigned_of_size<sizeof(T)>::type;

template <std::unsigned_integral U>
constexpr U big_endian(U value) noexcept {
  if constexpr (sizeof(U) == 2) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(U) == 4) {
    return __builtin_bswap32(value);
  } else if constexpr (sizeof(U) == 8) {
    return __builtin_bswap64(value);
  } else {
    return value;
  }
}

/// There must be so many bytes.
template <class T>
T get(std::string_view from) noexcept {
  bits_of<T> bits{};
  from.copy(reinterpret_cast<char*>(&bits), sizeof bits);
  return std::bit_cast<T>(big_endian(bits));
}

template <class T>
void put(std::string& to, T value) {
  const auto bits = big_endian(std::bit_cast<bits_of<T>>(value));
  char bytes[sizeof bits];  // NOLINT(modernize-avoid-c-arrays)
  std::memcpy(bytes, &bits, sizeof bits);
  to.append(bytes, sizeof bits);
}

[[noreturn]] void throw_too_long();

/// Reads what consists of parts. Throws data_error where there is too little.
class wire_reader {
 public:
  explicit wire_reader(std::string_view bytes) noexcept : left_{bytes} {}

  template <class T>
  T number() {
    return get<T>(bytes(sizeof(T)));
  }
  std::string_view bytes(std::size_t count) {
    if (count > left_.size()) throw_too_short();
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  std::string_view rest() const noexcept { return left_; }

 private:
  [[noreturn]] static void throw_too_short();
  std::string_view left_;
};

/// A value that is a number and nothing else. Throws data_error.
template <class T>
T whole_number(std::string_view from) {
  wire_reader reader{from};
  const T value = reader.number<T>();
  if (!reader.rest().empty()) throw_too_long();
  return value;
}

}  // namespace weft::postgres::detail
