#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft::http::detail {

/// The key of a masked frame: its four bytes as they go over the wire. RFC 6455, section 5.3.
using websocket_mask = std::array<char, 4>;

/// The key as it applies to bytes that begin `offset` bytes behind the beginning of the payload.
inline websocket_mask mask_from(const websocket_mask& key, std::uint64_t offset) noexcept {
  websocket_mask turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  return turned;
}

/// Copies `size` bytes, masked or unmasked on the way. `to` may be `from`, but must not overlap it otherwise.
inline void copy_masked(char* to, const char* from, std::size_t size, const websocket_mask& key) noexcept {
  struct words {
    std::uint64_t of[4];
  };
  std::uint32_t half = 0;
  std::memcpy(&half, key.data(), sizeof half);
  const std::uint64_t word = std::uint64_t{half} << 32 | half;
  std::size_t at = 0;
  for (; size - at >= sizeof(words); at += sizeof(words)) {  // two vectors of 16 bytes, or one of 32
    words some;
    std::memcpy(&some, from + at, sizeof some);
    for (std::uint64_t& one : some.of) one ^= word;
    std::memcpy(to + at, &some, sizeof some);
  }
  for (; size - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t one = 0;
    std::memcpy(&one, from + at, sizeof one);
    one ^= word;
    std::memcpy(to + at, &one, sizeof one);
  }
  for (; at < size; ++at) to[at] = static_cast<char>(from[at] ^ key[at % key.size()]);
}

}  // namespace weft::http::detail
