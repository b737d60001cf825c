// The reader of WebSocket frames. Input: a byte that says which end reads and whether messages may be compressed, one
// that seeds how the rest is cut into pieces, and frames. However they are cut, and whether messages are asked for
// whole or piece by piece, they must be read alike.

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
  testing::websocket_case how{.role = (data[0] & 1U) != 0 ? websocket_role::server : websocket_role::client,
                              .deflate = (data[0] & 2U) != 0,
                              .limits = {.message = 3000, .frame = 2000}};
  std::uint32_t seed = data[1];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  const auto all_at_once = [&](std::size_t) { return bytes.size(); };
  const auto at_random = [&](std::size_t) { return 1 + ((seed = seed * 1664525 + 1013904223) >> 8) % 16; };
  const auto require_same = [](const char* what, const std::string& one, const std::string& other) {
    if (one == other) return;
    std::fprintf(stderr, "--- whole\n%s\n--- %s\n%s\n", one.c_str(), what, other.c_str());
    std::abort();
  };

  int refused = 0;
  const std::string whole = testing::read_websocket(bytes, all_at_once, how, &refused);
  require_same("split", whole, testing::read_websocket(bytes, at_random, how));
  how.pieces = true;
  const std::string pieces = testing::read_websocket(bytes, all_at_once, how);
  require_same("pieces, split", pieces, testing::read_websocket(bytes, at_random, how));
  // Only the limit of a whole message may make a difference.
  if (refused != static_cast<int>(websocket_code::message_too_big)) require_same("pieces", whole, pieces);
  return 0;
}
