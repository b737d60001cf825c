// The response parser. Input: the method ('H' HEAD, 'C' CONNECT, otherwise GET; as a small letter with small limits), a
// byte that seeds how the rest is cut into pieces, and the response.

#include <cstddef>
#include <cstdint>
#include <fuzz/transcript_checks.hpp>
#include <http/transcript.hpp>
#include <string_view>
#include <weft/http/response_parser.hpp>

namespace {

using weft::http::parser_limits;
using weft::http::response_parser;
using weft::http::testing::piece_source;
using weft::http::testing::require;
using weft::http::testing::require_same;
using weft::http::testing::require_valid;
using weft::http::testing::run_parser;
using weft::http::testing::small_limits;
using weft::http::testing::transcript;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const char kind = static_cast<char>(data[0]);
  const std::uint8_t seed = data[1];
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};

  const std::string_view method = kind == 'H' || kind == 'h' ? "HEAD" : kind == 'C' || kind == 'c' ? "CONNECT" : "GET";
  const parser_limits limits = kind >= 'a' && kind <= 'z' ? small_limits() : parser_limits{};

  response_parser parser{method, limits};
  const transcript whole = run_parser(parser, text, [](std::size_t) { return std::string_view::npos; });
  require_valid(parser.head().headers);
  require_valid(parser.trailers());
  require(whole.done != whole.refused, "a response is complete or refused", whole, whole);
  require(!whole.keep_alive || whole.done, "only a complete response keeps the connection", whole, whole);

  // The same parser again: what it keeps must not show.
  parser.reset(method);
  const transcript split = run_parser(parser, text, piece_source{seed});
  require_same("pieces do not matter", whole, split);

  if (whole.done) {
    const transcript alone =
        run_parser(method, text.substr(0, text.size() - whole.left), std::string_view::npos, limits);
    require(alone.events == whole.events && alone.left == 0, "what follows a response does not matter", whole, alone);
  }
  return 0;
}
