// How fast responses are parsed, in bytes of input per second.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <weft/http/response_parser.hpp>

namespace {

using weft::http::response_parser;

// As nginx answers for a small static page.
constexpr std::string_view head =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sat, 06 Jul 2024 09:41:27 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 128\r\n"
    "Last-Modified: Tue, 18 Oct 2022 08:23:11 GMT\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"634e62cf-80\"\r\n"
    "Cache-Control: max-age=3600\r\n"
    "Accept-Ranges: bytes\r\n"
    "\r\n";

std::string with_body() { return std::string{head} + std::string(128, 'x'); }

std::string chunked(std::size_t chunk, std::size_t count) {
  std::string text = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < count; ++i) {
    for (unsigned shift = 12;; shift -= 4) {
      text += digits[chunk >> shift & 15];
      if (shift == 0) break;
    }
    text.append("\r\n").append(chunk, 'x').append("\r\n");
  }
  return text + "0\r\n\r\n";
}

/// Feeds `text` in pieces of `piece` bytes.
void parse(response_parser& parser, std::string_view method, std::string_view text, std::size_t piece) {
  parser.reset(method);
  for (std::string_view rest = text; !rest.empty() && !parser.done();) {
    std::string_view input = rest.substr(0, piece);
    rest.remove_prefix(input.size());
    while (const auto event = parser.next(input)) benchmark::DoNotOptimize(event->bytes.data());
  }
  if (!parser.done()) std::abort();
}

void run(benchmark::State& state, std::string_view method, std::string_view text, std::size_t piece) {
  response_parser parser{method};
  for (auto _ : state) parse(parser, method, text, piece);
  const auto messages = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(messages);
  state.SetBytesProcessed(messages * static_cast<std::int64_t>(text.size()));
}

void head_only(benchmark::State& state) { run(state, "HEAD", head, head.size()); }
BENCHMARK(head_only);

void head_and_small_body(benchmark::State& state) {
  const std::string text = with_body();
  run(state, "GET", text, text.size());
}
BENCHMARK(head_and_small_body);

void head_in_pieces(benchmark::State& state) { run(state, "HEAD", head, static_cast<std::size_t>(state.range(0))); }
BENCHMARK(head_in_pieces)->Arg(1)->Arg(16)->Arg(100);

void chunked_body(benchmark::State& state) {
  const std::string text = chunked(static_cast<std::size_t>(state.range(0)), 64);
  run(state, "GET", text, text.size());
}
BENCHMARK(chunked_body)->Arg(16)->Arg(1024)->Arg(8192);

}  // namespace
