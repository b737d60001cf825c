// The reader of WebSocket frames. Input: a byte that says which end reads and whether messages may be compressed, one
// that seeds how the rest is cut into pieces, and frames.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <http/websocket_transcript.hpp>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::http;
  if (size < 2) return 0;
  const testing::websocket_case how{.role = (data[0] & 1U) != 0 ? websocket_role::server : websocket_role::client,
                                    .deflate = (data[0] & 2U) != 0,
                                    .limits = {.message = 3000, .frame = 2000}};
  std::uint32_t seed = data[1];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};

  const std::string whole = testing::read_websocket(bytes, [&](std::size_t) { return bytes.size(); }, how);
  const std::string split = testing::read_websocket(
      bytes, [&](std::size_t) { return 1 + ((seed = seed * 1664525 + 1013904223) >> 8) % 16; }, how);
  if (whole != split) {
    std::fprintf(stderr, "--- whole\n%s\n--- split\n%s\n", whole.c_str(), split.c_str());
    std::abort();
  }
  return 0;
}
