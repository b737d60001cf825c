#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <weft/testing.hpp>

#include "app_talk.hpp"
#include "support/at_end.hpp"
#include "support/descriptors.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
namespace http = weft::http;
namespace web = weft::web;

struct order {
  std::string what;
  int count;
};
WEFT_DESCRIBE(order, what, (count, ge(1)))

TEST(WebTestClient, CallsAnAppBySimulatedTime) {
  web::app app;
  app.post("/orders", [](web::body<order> made) { return *made; }).status(201);
  app.get("/late", []() -> task<std::string> {
    co_await weft::sleep(1h);
    co_return "at last";
  });
  app.get("/too-late",
          []() -> task<std::string> {
            co_await weft::sleep(1h);
            co_return "never";
          })
      .timeout(10min);
  weft::testing::run([&]() -> task<> {
    co_await weft::with(web::test_client{app, {.timeout = 2h, .read_timeout = 2h}},
                        [](web::test_client& client) -> task<> {
                          EXPECT_EQ(told(co_await client.post("/orders").json_text(R"({"what":"tea","count":2})")),
                                    R"(201 {"what":"tea","count":2})");
                          EXPECT_EQ((co_await client.post("/orders").json_text("{}")).status(), 422);
                          EXPECT_EQ(told(co_await client.get("/late")), "200 at last");
                          EXPECT_EQ((co_await client.get("/too-late")).status(), 503);
                          EXPECT_EQ(weft::clock::now().time_since_epoch(), 70min);
                        });
  });
}

TEST(WebTestClient, OpensNoDescriptor) {
  web::app app;
  app.get("/", [](http::server_request& request) { return request.peer().address(); });
  weft::testing::run([&]() -> task<> {
    const auto before = weft::testing::open_descriptors();
    co_await weft::with(web::test_client{app}, [&](web::test_client& client) -> task<> {
      EXPECT_EQ(told(co_await client.get("/")), "200 127.0.0.1");
      EXPECT_EQ(weft::testing::open_descriptors(), before);
    });
  });
}

TEST(WebTestClient, TalksThroughWebSockets) {
  web::app app;
  app.websocket("/echo/{name}", [](web::websocket& ws, web::path<"name", std::string> name) -> task<> {
    while (auto m = co_await ws.receive()) co_await ws.send(*name + ": " + std::string{m->text()});
  });
  weft::testing::run([&]() -> task<> {
    co_await weft::with(web::test_client{app}, [](web::test_client& client) -> task<> {
      co_await weft::with(client.websocket("/echo/ada"), [](http::websocket& ws) -> task<> {
        co_await ws.send("hello");
        auto answer = co_await ws.receive();
        EXPECT_EQ(answer->text(), "ada: hello");
      });
    });
  });
}

TEST(WebTestClient, WaitsForBackgroundTasksAndStopsStreamsThatNobodyReads) {
  web::app app;
  std::string trace;
  app.get("/work", [&](web::background_tasks& background) {
    background.add([&]() -> task<> {
      co_await weft::sleep(5s);
      trace += "done ";
    });
    return std::string{"begun"};
  });
  app.get("/ticks", [&trace] {
    return web::events([&trace](web::event_writer& to) -> task<> {
      const weft::testing::at_end ends{[&trace] { trace += "stopped "; }};
      for (int i = 0;; ++i) {
        co_await to.send(std::to_string(i));
        co_await weft::sleep(1s);
      }
    });
  });
  weft::testing::run([&]() -> task<> {
    co_await weft::with(web::test_client{app}, [&](web::test_client& client) -> task<> {
      EXPECT_EQ(told(co_await client.get("/work")), "200 begun");
      {
        http::streaming_response ticks = co_await client.get("/ticks").stream();
        std::optional<std::string> first = co_await ticks.next();
        EXPECT_EQ(first, "data: 0\n\n");
      }
      co_await weft::sleep(2s);
      EXPECT_EQ(trace, "stopped ");
    });
  });
  EXPECT_EQ(trace, "stopped done ");
}

}  // namespace
