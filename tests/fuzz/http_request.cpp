// The request parser. Input: 's' for small limits or any other byte, a byte that seeds how the rest is cut into pieces,
// and requests, one after the other.

#include <cstddef>
#include <cstdint>
#include <fuzz/transcript_checks.hpp>
#include <http/transcript.hpp>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>
#include <weft/http/writer.hpp>

namespace {

using weft::http::parser_limits;
using weft::http::request_parser;
using weft::http::testing::piece_source;
using weft::http::testing::require;
using weft::http::testing::require_same;
using weft::http::testing::require_valid;
using weft::http::testing::run_parser;
using weft::http::testing::small_limits;
using weft::http::testing::transcript;

/// A head that was read can be written, unless it has several lengths, and is then read again as the same.
void require_written_the_same(const weft::http::request_head& head, const transcript& whole) {
  if (head.headers.get_all("content-length").size() > 1) return;
  std::string out;
  weft::http::write_request_head(out, head);
  request_parser again;
  std::string_view input = out;
  require(again.next(input).has_value(), "what is written can be read", whole, whole);
  require(again.head().method == head.method && again.head().target == head.target &&
              again.head().version == head.version && again.head().headers.size() == head.headers.size(),
          "what is written is what was read", whole, whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const parser_limits limits = data[0] == 's' ? small_limits() : parser_limits{};
  const std::uint8_t seed = data[1];
  std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};

  request_parser parser{limits};
  for (bool more = true; more;) {
    parser.reset();
    const transcript whole = run_parser(parser, text, [](std::size_t) { return std::string_view::npos; });
    require_valid(parser.head().headers);
    require_valid(parser.trailers());
    require(!whole.keep_alive || whole.done, "only a complete request keeps the connection", whole, whole);
    require(whole.done || whole.refused || !parser.started(), "a request is complete or refused", whole, whole);
    if (whole.done) require_written_the_same(parser.head(), whole);

    // The same parser again: what it keeps must not show.
    parser.reset();
    const transcript split = run_parser(parser, text, piece_source{seed});
    require_same("pieces do not matter", whole, split);

    if (whole.done) {
      parser.reset();
      const transcript alone = run_parser(parser, text.substr(0, text.size() - whole.left),
                                          [](std::size_t) { return std::string_view::npos; });
      require(alone.events == whole.events && alone.left == 0, "what follows a request does not matter", whole, alone);
    }
    more = whole.keep_alive && whole.left > 0;
    text = text.substr(text.size() - whole.left);
  }
  return 0;
}
