// The response parser. Input: the method ('H' HEAD, 'C' CONNECT, otherwise GET; as a small letter with small limits), a
// byte that seeds how the rest is cut into pieces, and the response.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/http/parser.hpp>

namespace {

using weft::http::headers;
using weft::http::parser_limits;
using weft::http::response_parser;
using weft::http::testing::run_parser;
using weft::http::testing::transcript;

void require(bool holds, const char* what, const transcript& a, const transcript& b) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n--- one\n%s%s\n--- other\n%s%s\n", what, a.events.c_str(), a.why.c_str(),
               b.events.c_str(), b.why.c_str());
  std::abort();
}

void require_same(const char* what, const transcript& a, const transcript& b) {
  require(a.refused == b.refused, what, a, b);
  if (a.refused) return;
  require(a.events == b.events, what, a, b);
  require(a.left == b.left && a.done == b.done && a.keep_alive == b.keep_alive, what, a, b);
}

/// What was parsed could have been added by hand.
void require_valid(const headers& fields) {
  headers again;
  for (const auto [name, value] : fields) again.add(name, value);  // throws std::invalid_argument, which ends the run
  if (again != fields) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const char kind = static_cast<char>(data[0]);
  const std::uint8_t seed = data[1];
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};

  const std::string_view method = kind == 'H' || kind == 'h' ? "HEAD" : kind == 'C' || kind == 'c' ? "CONNECT" : "GET";
  parser_limits limits;
  if (kind >= 'a' && kind <= 'z') {
    limits = {.start_line = 24,
              .header_bytes = 64,
              .header_count = 3,
              .chunk_extensions = 8,
              .interim_heads = 1,
              .body_bytes = 32};
  }

  response_parser parser{method, limits};
  const transcript whole = run_parser(parser, text, [](std::size_t) { return std::string_view::npos; });
  require_valid(parser.head().headers);
  require_valid(parser.trailers());
  require(whole.done != whole.refused, "a response is complete or refused", whole, whole);
  require(!whole.keep_alive || whole.done, "only a complete response keeps the connection", whole, whole);

  // The same parser again: what it keeps must not show.
  std::uint32_t random = seed * 2654435761U + 1;
  parser.reset(method);
  const transcript split = run_parser(parser, text, [&](std::size_t) {
    random = random * 1664525U + 1013904223U;
    return std::size_t{1} + (random >> 16) % (seed < 128 ? 4U : 64U);
  });
  require_same("pieces do not matter", whole, split);

  if (whole.done) {
    const transcript alone =
        run_parser(method, text.substr(0, text.size() - whole.left), std::string_view::npos, limits);
    require(alone.events == whole.events && alone.left == 0, "what follows a response does not matter", whole, alone);
  }
  return 0;
}
