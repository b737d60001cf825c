// The parser of multipart forms. Input: a byte that seeds how the rest is cut into pieces, and a form whose boundary is
// `b`.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <http/multipart_transcript.hpp>
#include <string>
#include <string_view>

namespace {

using weft::http::multipart_limits;
using weft::http::testing::multipart_transcript;
using weft::http::testing::run_multipart;

constexpr multipart_limits limits{.parts = 4, .header_bytes = 120, .header_count = 3, .part_bytes = 64};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::uint32_t seed = data[0];
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};

  const multipart_transcript whole = run_multipart("b", body, [&](std::size_t) { return body.size(); }, limits);
  const multipart_transcript split = run_multipart(
      "b", body, [&](std::size_t) { return 1 + ((seed = seed * 1664525 + 1013904223) >> 8) % 16; }, limits);
  if (whole.why.empty() != split.why.empty() || (whole.why.empty() && whole.events != split.events)) {
    std::fprintf(stderr, "--- whole\n%s%s\n--- split\n%s%s\n", whole.events.c_str(), whole.why.c_str(),
                 split.events.c_str(), split.why.c_str());
    std::abort();
  }
  return 0;
}
