// The decoder of content codings. Input: the codings, each by a letter (g, d, b, z), a space, a byte that seeds how the
// rest is cut into pieces, and the body.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <weft/http/content_decoder.hpp>
#include <weft/net/stream_errors.hpp>

namespace {

using weft::http::content_decoder;
using weft::http::content_limits;

constexpr content_limits limits{.bytes = 4096, .ratio = 0, .codings = 3};

struct outcome {
  std::string out;
  bool refused = false;
};

outcome decoded(const std::string& codings, std::string_view body, std::uint32_t seed) {
  outcome result;
  const auto next = [&](std::size_t most) { return 1 + ((seed = seed * 1664525 + 1013904223) >> 8) % most; };
  try {
    content_decoder decoder{codings, limits};
    std::array<char, 256> buffer{};
    while (!body.empty()) {
      const std::string piece{body.substr(0, next(32))};
      body.remove_prefix(piece.size());
      std::string_view input = piece;
      for (;;) {
        const std::size_t room = next(buffer.size());
        const std::size_t size = decoder.decode(input, std::span{buffer}.first(room));
        if (size > room) std::abort();
        if (size == 0) break;
        result.out.append(buffer.data(), size);
        if (result.out.size() > limits.bytes) std::abort();
      }
      if (!input.empty()) std::abort();
    }
    decoder.finish();
  } catch (const weft::http::content_error&) {
    result.refused = true;
  } catch (const weft::limit_error&) {
    result.refused = true;
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t space = text.find(' ');
  if (space > 4 || space + 2 > text.size()) return 0;
  std::string codings;
  for (const char c : text.substr(0, space))
    codings += c == 'g' ? "gzip," : c == 'd' ? "deflate," : c == 'b' ? "br," : c == 'z' ? "zstd," : "identity,";
  const auto seed = static_cast<std::uint8_t>(text[space + 1]);
  const std::string_view body = text.substr(space + 2);

  // Whatever the pieces, the same comes out.
  const outcome one = decoded(codings, body, seed);
  const outcome other = decoded(codings, body, seed + 1000U);
  if (one.refused != other.refused) std::abort();
  if (!one.refused && one.out != other.out) std::abort();
  return 0;
}
