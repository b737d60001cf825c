// Chunked bodies. Input: a byte that seeds how the rest is cut into pieces, and the body. The reader must agree with a
// second one, below, that is written as the grammar stands (RFC 9112, section 7.1) and knows nothing of pieces.

#include <cstddef>
#include <cstdint>
#include <fuzz/transcript_checks.hpp>
#include <http/transcript.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>
#include <weft/http/writer.hpp>

namespace {

using weft::http::request_parser;
using weft::http::response_parser;
using weft::http::testing::piece_source;
using weft::http::testing::require;
using weft::http::testing::require_same;
using weft::http::testing::run_parser;
using weft::http::testing::transcript;

/// Takes a line that ends in CR LF; nullopt if there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t lf = text.find('\n');
  if (lf == text.npos || lf == 0 || text[lf - 1] != '\r') return std::nullopt;
  const std::string_view line = text.substr(0, lf - 1);
  text.remove_prefix(lf + 1);
  return line;
}

struct decoded {
  std::string body;
  std::string_view trailers;  // and what follows them
};

/// The chunks up to the last one; nullopt if they are malformed or incomplete.
std::optional<decoded> decode(std::string_view text) {
  decoded result;
  for (;;) {
    const std::optional<std::string_view> line = take_line(text);
    if (!line) return std::nullopt;
    const std::string_view digits = line->substr(0, line->find_first_not_of("0123456789abcdefABCDEF"));
    const std::string_view extensions = line->substr(digits.size());
    if (digits.empty() || digits.size() > 16) return std::nullopt;
    if (const std::size_t mark = extensions.find_first_not_of(" \t");
        !extensions.empty() && (mark == extensions.npos || extensions[mark] != ';'))
      return std::nullopt;
    for (const char c : extensions)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return std::nullopt;

    const std::uint64_t size = std::stoull(std::string{digits}, nullptr, 16);
    if (size == 0) {
      result.trailers = text;
      return result;
    }
    if (text.size() < 2 || size > text.size() - 2 || text.substr(size, 2) != "\r\n") return std::nullopt;
    result.body += text.substr(0, size);
    text.remove_prefix(size + 2);
  }
}

constexpr std::string_view response_start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view request_start = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::uint8_t seed = data[0];
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};

  const std::string response = std::string{response_start} + std::string{text};
  response_parser parser{"GET"};
  const transcript whole = run_parser(parser, response, [](std::size_t) { return std::string_view::npos; });
  parser.reset("GET");
  require_same("pieces do not matter", whole, run_parser(parser, response, piece_source{seed}));

  request_parser requests;
  const transcript request = run_parser(requests, std::string{request_start} + std::string{text}, piece_source{seed});
  require(request.refused == whole.refused && request.left == whole.left, "requests and responses agree", whole,
          request);

  const std::optional<decoded> expected = decode(text);
  if (!whole.refused) {
    require(expected.has_value(), "what is accepted is well-formed", whole, whole);
    require(whole.body == expected->body, "the body is the chunks'", whole, whole);
  } else if (expected && expected->trailers.starts_with("\r\n")) {
    require(false, "what is well-formed is accepted", whole, whole);
  }
  if (!expected) return 0;

  std::string written{response_start};
  weft::http::write_chunk(written, expected->body);
  weft::http::write_last_chunk(written);
  parser.reset("GET");
  const transcript again = run_parser(parser, written, piece_source{seed});
  require(again.done && again.body == expected->body, "what is written can be read", whole, again);
  return 0;
}
