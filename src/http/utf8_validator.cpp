#include "http/utf8_validator.hpp"

#include <cstddef>
#include <cstring>

namespace weft::http::detail {

namespace {

constexpr std::uint8_t first_continuation = 0x80;
constexpr std::uint8_t last_continuation = 0xbf;

/// How many bytes at the front are ASCII, in steps of eight; what is left over is for the caller to look at.
std::size_t ascii_length(const char* text, std::size_t size) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::size_t at = 0;
  for (; size - at >= 4 * word; at += 4 * word) {
    std::uint64_t words[4];
    std::memcpy(words, text + at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) break;
  }
  for (; size - at >= word; at += word) {
    std::uint64_t one = 0;
    std::memcpy(&one, text + at, sizeof one);
    if ((one & high_bits) != 0) break;
  }
  return at;
}

}  // namespace

bool utf8_validator::begin_character(unsigned char first) noexcept {
  least_ = first_continuation;
  most_ = last_continuation;
  if (first < 0xc2) return false;
  if (first < 0xe0) {
    missing_ = 1;
  } else if (first < 0xf0) {
    missing_ = 2;
    if (first == 0xe0) least_ = 0xa0;
    if (first == 0xed) most_ = 0x9f;
  } else if (first < 0xf5) {
    missing_ = 3;
    if (first == 0xf0) least_ = 0x90;
    if (first == 0xf4) most_ = 0x8f;
  } else {
    return false;
  }
  return true;
}

bool utf8_validator::append(std::string_view more) noexcept {
  const char* const text = more.data();
  const std::size_t size = more.size();
  std::size_t at = 0;
  while (at < size) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (missing_ != 0) {
      if (byte < least_ || byte > most_) return false;
      least_ = first_continuation;
      most_ = last_continuation;
      --missing_;
      ++at;
    } else if (byte < 0x80) {
      at += ascii_length(text + at, size - at);
      while (at < size && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    } else {
      if (!begin_character(byte)) return false;
      ++at;
    }
  }
  return true;
}

}  // namespace weft::http::detail
