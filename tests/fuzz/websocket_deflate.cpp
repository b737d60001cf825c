// permessage-deflate. Input: a byte for the window and the context, and bytes that are taken both for messages, which
// must come back as they were, and for compressed ones, which must not inflate beyond the limit.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <weft/http/websocket_error.hpp>

#include "http/websocket_deflate.hpp"

namespace {

using weft::http::detail::message_deflater;
using weft::http::detail::message_inflater;
using weft::http::detail::pooled_bytes;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Messages of the sizes that the bytes themselves say.
void go_and_come_back(std::string_view bytes, int window_bits, bool keep_context) {
  message_deflater deflater{window_bits, keep_context};
  message_inflater inflater{window_bits, keep_context};
  while (!bytes.empty()) {
    const auto size = static_cast<unsigned char>(bytes.front());
    const std::string_view message = bytes.substr(0, size);
    const std::size_t half = message.size() / 2;
    pooled_bytes wire;
    if (size % 2 == 0) deflater.deflate(message.substr(0, half), false, wire);
    deflater.deflate(size % 2 == 0 ? message.substr(half) : message, true, wire);
    pooled_bytes back;
    inflater.inflate(wire.view().substr(0, wire.size() / 3), false, back, message.size());
    inflater.inflate(wire.view().substr(wire.size() / 3), true, back, message.size());
    require(back.view() == message);
    if (size == 7) deflater.forget();
    bytes.remove_prefix(message.empty() ? 1 : message.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int window_bits = 9 + data[0] % 7;
  const bool keep_context = (data[0] & 0x80U) != 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  go_and_come_back(bytes, window_bits, keep_context);

  constexpr std::size_t limit = 5000;
  message_inflater inflater{window_bits, keep_context};
  pooled_bytes out;
  try {
    inflater.inflate(bytes, true, out, limit);
    require(out.size() <= limit);
  } catch (const weft::http::websocket_error&) {
    require(out.size() <= limit + 1);
  }
  return 0;
}
