#include "support/allocations.hpp"

#if WEFT_TEST_COUNTS_ALLOCATIONS

#include <gtest/gtest.h>

#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

using weft::http::server_request;
using weft::http::server_response;

weft::task<> exchange(weft::tcp_stream& stream, std::string_view request, std::size_t answer_size) {
  co_await stream.write(request);
  while (stream.buffered().size() < answer_size) co_await stream.fill();
  stream.consume(stream.buffered().size());
}

TEST(HttpServerAllocation, NoneForAWarmPlaintextRequest) {
  weft::run([]() -> weft::task<> {
    co_await weft::with(
        weft::http::server{[](server_request& request) -> weft::task<server_response> {
          if (request.path() != "/plaintext") co_return server_response{404};
          co_return server_response::text("Hello, World!");
        }},
        [](weft::http::server& server) -> weft::task<> {
          weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
          const std::string request =
              "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: test\r\nAccept: text/plain\r\n\r\n";
          co_await stream.write(request);
          std::string answer;
          while (!answer.ends_with("Hello, World!")) answer += co_await stream.read_some();
          for (int i = 0; i < 1000; ++i) co_await exchange(stream, request, answer.size());
          const std::size_t before = allocations();
          for (int i = 0; i < 1000; ++i) co_await exchange(stream, request, answer.size());
          // The Date is written anew each second; test and clocks may be slow.
          EXPECT_LE(allocations() - before, 10u);
        });
  });
}

}  // namespace

#endif
