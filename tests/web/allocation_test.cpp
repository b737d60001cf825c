#include "support/allocations.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>
#include <weft/net.hpp>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::with_app;
namespace web = weft::web;

struct item {
  std::string name;
  int count = 0;
  double price = 0;
  std::vector<std::string> tags;
  std::optional<std::string> note;
};
WEFT_DESCRIBE(item, (name, min_length(1), max_length(100)), (count, ge(1), le(1000)), (price, gt(0)),
              (tags, max_length(10)), note)

struct stored_item {
  int id = 0;
  item what;
};
WEFT_DESCRIBE(stored_item, id, what)

std::string post(const std::string& body) {
  return "POST /items/7 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string copper_nail =
    R"({"name":"copper nail","count":250,"price":0.125,"tags":["metal","small"],"note":null})";
const std::string stored = R"({"id":7,"what":)" + copper_nail + "}";

void add_route(web::app& app) {
  app.post("/items/{id}", [](web::path<"id", int> id, web::body<item> what) {
    return stored_item{.id = *id, .what = std::move(*what)};
  });
}

task<std::string> answer_to(weft::tcp_stream& stream, std::string_view request) {
  co_await stream.write(request);
  while (!stream.buffered().ends_with(stored)) co_await stream.fill();
  std::string answer{stream.buffered()};
  stream.consume(answer.size());
  co_return answer;
}

TEST(WebTypedRoute, TakesABodyThatComesInPieces) {
  web::app app;
  add_route(app);
  with_app(app, [](weft::http::client&, web::server& server) -> task<> {
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
    const std::string request = post(copper_nail);
    for (const std::size_t cut : {request.size() - copper_nail.size(), request.size() - 40, request.size() - 1}) {
      co_await stream.write(std::string_view{request}.substr(0, cut));
      // Another request and its answer let the server look at what there is so far.
      weft::tcp_stream other = co_await weft::open_connection("127.0.0.1", server.port());
      const std::string whole = co_await answer_to(other, request);
      EXPECT_TRUE(whole.starts_with("HTTP/1.1 200 ")) << whole;
      const std::string pieces = co_await answer_to(stream, std::string_view{request}.substr(cut));
      EXPECT_TRUE(pieces.starts_with("HTTP/1.1 200 ")) << pieces;
    }
  });
}

#if WEFT_TEST_COUNTS_ALLOCATIONS

/// The elements' memory, and the answer's text: nothing for the request itself.
TEST(WebTypedRoute, AllocatesForItsValuesOnly) {
  web::app app;
  add_route(app);
  with_app(app, [](weft::http::client&, web::server& server) -> task<> {
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
    const std::string request = post(copper_nail);
    const std::string first = co_await answer_to(stream, request);
    const auto ask = [&](int times) -> task<> {
      for (int i = 0; i < times; ++i) {
        co_await stream.write(std::string_view{request});
        while (stream.buffered().size() < first.size()) co_await stream.fill();
        stream.consume(stream.buffered().size());
      }
    };
    co_await ask(100);
    const std::size_t before = allocations();
    co_await ask(100);
    // The Date is written anew each second; test and clocks may be slow.
    EXPECT_LE(allocations() - before, 2 * 100 + 10u);
  });
}

#endif

}  // namespace
