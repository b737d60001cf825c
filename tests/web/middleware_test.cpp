#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

TEST(WebCors, LetsInTheOriginsThatAreNamed) {
  web::app app;
  app.use_middleware(web::cors{{.origins = "https://a.example, https://b.example", .exposed = "x-total"}});
  app.get("/", [] { return std::string{"hello"}; });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response own = co_await client.get("/");
    EXPECT_FALSE(own.headers().contains("access-control-allow-origin"));
    EXPECT_EQ(own.header("vary"), "origin");
    const http::response friendly = co_await client.get("/").header("origin", "https://b.example");
    EXPECT_EQ(friendly.header("access-control-allow-origin"), "https://b.example");
    EXPECT_EQ(friendly.header("access-control-expose-headers"), "x-total");
    for (const char* origin : {"https://c.example", "https://a.example.evil", "null", "https://a.example,"}) {
      const http::response other = co_await client.get("/").header("origin", origin);
      EXPECT_FALSE(other.headers().contains("access-control-allow-origin")) << origin;
    }
    const http::response before = co_await client.options("/")
                                      .header("origin", "https://a.example")
                                      .header("access-control-request-method", "PUT");
    EXPECT_EQ(before.status(), 204);
    EXPECT_EQ(before.header("access-control-allow-methods"), "GET, HEAD, POST, PUT, PATCH, DELETE");
    EXPECT_EQ(before.header("access-control-max-age"), "600");
    EXPECT_EQ((co_await client.options("/")).header("allow"), "GET, HEAD, OPTIONS");
  });
  EXPECT_THROW((web::cors{{.origins = "*", .credentials = true}}), std::invalid_argument);
}

TEST(WebRequestIds, FollowTheRequest) {
  web::app app;
  app.use_middleware(web::request_ids{});
  app.get("/", []() -> task<std::string> {
    co_await weft::sleep(std::chrono::milliseconds{1});
    co_return web::request_id();
  });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response made = co_await client.get("/");
    EXPECT_EQ(made.text().size(), 36u);
    EXPECT_EQ(made.header("x-request-id"), made.text());
    const http::response given = co_await client.get("/").header("x-request-id", "abc-1");
    EXPECT_EQ(given.text(), "abc-1");
    const http::response refused = co_await client.get("/").header("x-request-id", "a b\"");
    EXPECT_EQ(refused.text().size(), 36u);
    EXPECT_EQ(web::request_id(), "");
  });
}

TEST(WebAccessLog, HasARecordForEachRequest) {
  web::app app;
  std::vector<std::string> lines;
  app.use_middleware(web::access_log{[&](const web::access_record& of) {
    lines.push_back(std::string{of.method} + " " + std::string{of.target} + " " + std::string{of.route} + " " +
                    std::to_string(of.status));
    EXPECT_EQ(of.client, "127.0.0.1");
    EXPECT_GT(of.time.count(), 0);
  }});
  app.get("/users/{id}", [](web::path<"id", int> id) { return std::to_string(*id); });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    co_await client.get("/users/7?a=b");
    co_await client.get("/users/x");
    co_await client.get("/none");
  });
  EXPECT_EQ(lines, (std::vector<std::string>{"GET /users/7?a=b /users/{id} 200", "GET /users/x /users/{id} 422",
                                             "GET /none  404"}));
}

}  // namespace
