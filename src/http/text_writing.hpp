#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weft::http::detail {

// Text is put into memory that is known to be large enough; each gives where the next goes.

constexpr std::size_t most_digits = 20;

[[gnu::always_inline]] inline char* put(char* at, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

inline char* put_number(char* at, std::uint64_t value) noexcept {
  if (value < 100) {
    if (value >= 10) *at++ = static_cast<char>('0' + value / 10);
    *at++ = static_cast<char>('0' + value % 10);
    return at;
  }
  return std::to_chars(at, at + most_digits, value).ptr;
}

}  // namespace weft::http::detail
