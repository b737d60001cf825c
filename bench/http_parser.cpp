// How fast messages are parsed, in bytes of input per second.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>

namespace {

using weft::http::request_parser;
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

// As a browser asks for a page.
constexpr std::string_view browser_request =
    "GET /docs/library/asyncio-task.html?highlight=taskgroup HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"126\", \"Not/A)Brand\";v=\"8\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.example.org/docs/library/asyncio.html\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=5f2b8c1e9d3a47b6; theme=dark; consent=2024-06-01\r\n"
    "\r\n";

// As curl asks.
constexpr std::string_view small_request =
    "GET /files/1 HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: */*\r\n"
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

/// @param other another request that comes between two of these: what a parser remembers of the one before must not
/// help where its price is to be known.
void run_request(benchmark::State& state, std::string_view text, std::string_view other) {
  request_parser parser;
  for (auto _ : state) {
    for (std::string_view input : {text, other}) {
      parser.reset();
      while (const auto event = parser.next(input)) benchmark::DoNotOptimize(event->bytes.data());
      if (!parser.done()) std::abort();
    }
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(2 * rounds);
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(text.size() + other.size()));
}

/// The same request, with one byte of its first field changed.
std::string changed(std::string_view request) {
  std::string other{request};
  other[request.find("\r\n") + 2] ^= 0x20;
  return other;
}

void request_of_a_browser(benchmark::State& state) { run_request(state, browser_request, changed(browser_request)); }
BENCHMARK(request_of_a_browser);

void request_of_a_browser_again(benchmark::State& state) { run_request(state, browser_request, browser_request); }
BENCHMARK(request_of_a_browser_again);

void request_of_curl(benchmark::State& state) { run_request(state, small_request, changed(small_request)); }
BENCHMARK(request_of_curl);

void response_head_only(benchmark::State& state) { run(state, "HEAD", head, head.size()); }
BENCHMARK(response_head_only);

void response_with_small_body(benchmark::State& state) {
  const std::string text = with_body();
  run(state, "GET", text, text.size());
}
BENCHMARK(response_with_small_body);

void response_head_in_pieces(benchmark::State& state) {
  run(state, "HEAD", head, static_cast<std::size_t>(state.range(0)));
}
BENCHMARK(response_head_in_pieces)->Arg(1)->Arg(16)->Arg(100);

void chunked_body(benchmark::State& state) {
  const std::string text = chunked(static_cast<std::size_t>(state.range(0)), 64);
  run(state, "GET", text, text.size());
}
BENCHMARK(chunked_body)->Arg(16)->Arg(1024)->Arg(8192);

}  // namespace
