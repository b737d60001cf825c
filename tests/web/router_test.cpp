#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::told;
using weft::testing::with_app;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

TEST(WebRouter, PutsAPrefixBeforeItsRoutes) {
  web::router comments;
  comments.get("/{comment}", [](web::path<"user", int> user, web::path<"comment", int> comment) {
    return std::to_string(*user) + "/" + std::to_string(*comment);
  });
  web::router users;
  users.get("/{user}", [](web::path<"user", int> user) { return std::to_string(*user); }).tag("users");
  users.include("/{user}/comments", std::move(comments));
  web::app app;
  app.include("/users", std::move(users));
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/users/7")), "200 7");
    EXPECT_EQ(told(co_await client.get("/users/7/comments/9")), "200 7/9");
  });
  EXPECT_NE(app.openapi().find(R"("/users/{user}/comments/{comment}")"), std::string::npos);
}

TEST(WebRouter, IsRefusedIfItsPathsLackWhatHandlersTake) {
  web::router users;
  users.get("/", [](web::path<"user", int> user) { return std::to_string(*user); });
  web::app app;
  EXPECT_THROW(app.include("/users", std::move(users)), std::invalid_argument);
}

TEST(WebRouter, TakesPathsThatAreOnlyKnownLater) {
  web::app app;
  const std::string path = "/a/{x}";
  app.get(web::runtime_path{path}, [](web::path<"x", int> x) { return std::to_string(*x); });
  EXPECT_THROW(app.get(web::runtime_path{"/b"}, [](web::path<"x", int> x) { return std::to_string(*x); }),
               std::invalid_argument);
  with_app(app,
           [](http::client& client, web::server&) -> task<> { EXPECT_EQ(told(co_await client.get("/a/7")), "200 7"); });
}

TEST(WebRouter, MayAnswerAtItsPrefixItself) {
  web::app app;
  web::router posts;
  posts.get("", [] { return "all"; });
  posts.get("/{id}", [](web::path<"id", int> id) { return *id; });
  app.include("/posts", std::move(posts));
  with_test_client(app, [](web::test_client& client) -> task<> {
    EXPECT_EQ(told(co_await client.get("/posts")), "200 all");
    EXPECT_EQ(told(co_await client.get("/posts/7")), "200 7");
    EXPECT_EQ(told(co_await client.get("/posts/")), "404 {\"detail\":\"Not Found\"}");
  });
  web::router lost;
  lost.get("", [] { return 1; });
  EXPECT_THROW(app.include("", std::move(lost)), std::invalid_argument);
}

}  // namespace
