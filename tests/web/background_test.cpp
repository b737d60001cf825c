#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

task<> note(std::string& trace, std::string word) {
  trace += word;
  co_return;
}

TEST(WebBackgroundTasks, BeginOnceTheResponseHasBeenSent) {
  web::app app;
  std::string trace;
  weft::event go;
  app.get("/", [&](web::background_tasks& background) -> task<std::string> {
    background.add(
        [&](std::unique_ptr<int> number) -> task<> {
          trace += "began " + std::to_string(*number);
          co_await go.wait();
          trace += " ended";
        },
        std::make_unique<int>(5));
    EXPECT_EQ(background.size(), 1u);
    trace += "answered ";
    co_return "hello";
  });
  with_app(app, [&](http::client& client, web::server& server) -> task<> {
    EXPECT_EQ(told(co_await client.get("/")), "200 hello");
    while (server.background_tasks() == 0) co_await weft::sleep(0ms);
    co_await weft::sleep(0ms);
    EXPECT_EQ(trace, "answered began 5");
    go.set();
    while (server.background_tasks() != 0) co_await weft::sleep(0ms);
    EXPECT_EQ(trace, "answered began 5 ended");
  });
}

TEST(WebBackgroundTasks, DoNotBeginIfTheHandlerFails) {
  web::app app;
  std::string trace;
  app.get("/", [&](web::background_tasks& background) -> task<> {
    background.add(note, std::ref(trace), "never");
    throw web::http_error{409, "no"};
    co_return;
  });
  with_app(app,
           [&](http::client& client, web::server&) -> task<> { EXPECT_EQ((co_await client.get("/")).status(), 409); });
  EXPECT_EQ(trace, "");
}

TEST(WebBackgroundTasks, EndBeforeTheServerDoes) {
  web::app app;
  std::string trace;
  app.get("/", [&](web::background_tasks& background) -> task<> {
    background.add([&]() -> task<> {
      co_await weft::sleep(20ms);
      trace += "ended";
    });
    co_return;
  });
  with_app(app, [&](http::client& client, web::server&) -> task<> { co_await client.get("/"); });
  EXPECT_EQ(trace, "ended");
}

TEST(WebBackgroundTasks, HarmNobodyWhenTheyFail) {
  web::app app;
  app.get("/", [](web::background_tasks& background) -> task<> {
    background.add([]() -> task<> {
      throw std::runtime_error{"broken"};
      co_return;
    });
    co_return;
  });
  with_app(app, [&](http::client& client, web::server& server) -> task<> {
    int reported = 0;
    weft::this_loop().set_exception_handler([&](const weft::exception_context&) { ++reported; });
    for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await client.get("/")).status(), 204);
    while (server.background_tasks() != 0 || reported < 3) co_await weft::sleep(0ms);
    EXPECT_EQ(reported, 3);
  });
}

}  // namespace
