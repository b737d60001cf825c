#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

TEST(WebEvents, AreWrittenAsBrowsersReadThem) {
  web::app app;
  app.get("/events", [] {
    return web::events([](web::event_writer& to) -> task<> {
      co_await to.send("one");
      co_await to.send("two\nlines\r\nof\rdata", {.type = "note", .id = "7", .retry = 2s});
      co_await to.keep_alive();
      const std::vector<int> numbers{1, 2};
      co_await to.send_json(numbers);
      EXPECT_THROW(co_await to.send("x", {.type = "a\ndata: b"}), std::invalid_argument);
    });
  });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response r = co_await client.get("/events");
    EXPECT_EQ(r.header("content-type"), "text/event-stream");
    EXPECT_EQ(r.text(),
              "data: one\n\nevent: note\nid: 7\nretry: 2000\ndata: two\ndata: lines\ndata: of\ndata: data\n\n:\n\n"
              "data: [1,2]\n\n");
  });
}

TEST(WebEvents, EndWhenTheClientHasGone) {
  web::app app;
  bool ended = false;
  app.get("/events", [&] {
    return web::events([&](web::event_writer& to) -> task<> {
      struct at_end {
        bool* ended;
        ~at_end() { *ended = true; }
      };
      const at_end guard{&ended};
      for (;;) {
        co_await to.send("tick");
        co_await weft::sleep(1ms);
      }
    });
  });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    {
      http::streaming_response stream = co_await client.get("/events").stream();
      const std::optional<std::string> first = co_await stream.next();
      EXPECT_TRUE(first->starts_with("data: tick\n\n"));
    }
    while (!ended) co_await weft::sleep(1ms);
  });
}

}  // namespace
