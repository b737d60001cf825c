#include "http/websocket_frame.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace weft::http::detail {

std::size_t write_frame_header(char* to, const websocket_frame& frame, std::uint64_t size) noexcept {
  unsigned first = static_cast<unsigned>(frame.opcode);
  if (frame.last) first |= 0x80U;
  if (frame.compressed) first |= 0x40U;
  const unsigned masked = frame.mask ? 0x80U : 0U;
  std::size_t length = 2;
  to[0] = static_cast<char>(first);
  const auto put = [&](unsigned bytes) {
    for (unsigned i = bytes; i-- != 0;) to[length++] = static_cast<char>(size >> (8 * i) & 0xff);
  };
  if (size < 126) {
    to[1] = static_cast<char>(masked | size);
  } else if (size < 65536) {
    to[1] = static_cast<char>(masked | 126U);
    put(2);
  } else {
    to[1] = static_cast<char>(masked | 127U);
    put(8);
  }
  if (frame.mask) {
    std::memcpy(to + length, frame.mask->data(), frame.mask->size());
    length += frame.mask->size();
  }
  return length;
}

void write_frame(pooled_bytes& out, const websocket_frame& frame, std::string_view payload) {
  char* const to = out.prepare(most_frame_header + payload.size());
  const std::size_t header = write_frame_header(to, frame, payload.size());
  if (frame.mask) {
    copy_masked(to + header, payload.data(), payload.size(), *frame.mask);
  } else if (!payload.empty()) {
    std::memcpy(to + header, payload.data(), payload.size());
  }
  out.add(header + payload.size());
}

websocket_mask random_mask() {
  struct stock {
    std::array<unsigned char, 512> bytes;
    std::size_t used = sizeof bytes;
  };
  thread_local stock random;  // fetched in bulk: asking each time would cost more than all the rest of a message
  if (random.used == random.bytes.size()) {
    if (RAND_bytes(random.bytes.data(), static_cast<int>(random.bytes.size())) != 1) {
      throw std::runtime_error{"the system has no random numbers"};
    }
    random.used = 0;
  }
  websocket_mask mask;
  std::memcpy(mask.data(), random.bytes.data() + random.used, mask.size());
  random.used += mask.size();
  return mask;
}

}  // namespace weft::http::detail
