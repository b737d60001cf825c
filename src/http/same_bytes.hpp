#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weft::http::detail {

/// Equal texts, asked of what is mostly short and mostly equal: without a call up to 16 bytes.
[[gnu::always_inline]] inline bool same_bytes(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const char* const left = a.data();
  const char* const right = b.data();
  const auto differ = [&]<class Word>(Word) {
    const auto at = [](const char* from) {
      Word word;
      std::memcpy(&word, from, sizeof word);
      return word;
    };
    const std::size_t last = size - sizeof(Word);
    return ((at(left) ^ at(right)) | (at(left + last) ^ at(right + last))) != 0;
  };
  if (size > 16) return std::memcmp(left, right, size) == 0;
  if (size >= 8) return !differ(std::uint64_t{});
  if (size >= 4) return !differ(std::uint32_t{});
  if (size >= 2) return !differ(std::uint16_t{});
  return size == 0 || *left == *right;
}

}  // namespace weft::http::detail
