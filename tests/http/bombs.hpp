#pragma once

#include <string>
#include <string_view>
#include <weft/http/gzip.hpp>

namespace weft::testing {

// 64 MiB of zeros, compressed.

constexpr std::size_t bomb_size = std::size_t{64} << 20;

inline std::string gzip_bomb() { return http::gzip(std::string(bomb_size, '\0')); }

inline std::string zstd_bomb() {
  constexpr std::string_view begin{"\x28\xb5\x2f\xfd\x00\x58", 6};
  constexpr std::string_view block{"\x00\x10\x00", 3};
  std::string out{begin};
  for (int i = 0; i < 512; ++i) out.append(i == 511 ? "\x03" : "\x02").append(block);
  return out;
}

inline std::string brotli_bomb() {
  constexpr std::string_view all{
      "\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4f\x00\xc4\x61\x11\x80"
      "\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1\x3f\x01\x10\x87"
      "\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x7f\x02\x20\x0e\x0b\x00\x74\xef\xff\xf8\xff\xff\x07\xff\x04"
      "\x40\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c\x00\xd0\xbd\xff\xcb\xff\xff\x3f"
      "\xfc\x13\x00\x71\x58\x00\xa0\x7b\xff\x07",
      106};
  return std::string{all};
}

}  // namespace weft::testing
