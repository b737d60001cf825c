#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::told;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

TEST(WebSecurity, AsksForCredentials) {
  web::app app;
  app.get("/bearer", [](web::bearer_token token) { return *token; });
  app.get("/basic", [](web::basic_credentials who) { return who.user + "|" + who.password; });
  app.get("/key", [](web::api_key<"x-key"> key) { return *key; });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response r = co_await client.get("/bearer");
    EXPECT_EQ(told(r), R"(401 {"detail":"Unauthorized"})");
    EXPECT_EQ(r.header("www-authenticate"), "Bearer");
    EXPECT_EQ(told(co_await client.get("/bearer").header("authorization", "bearer abc")), "200 abc");
    EXPECT_EQ((co_await client.get("/bearer").header("authorization", "Bearer ")).status(), 401);
    EXPECT_EQ((co_await client.get("/bearer").header("authorization", "Basic abc")).status(), 401);
    EXPECT_EQ(told(co_await client.get("/basic").header("authorization", "Basic YWRhOnNlOmNyZXQ=")), "200 ada|se:cret");
    for (const char* wrong : {"Basic YWRh", "Basic !!!!", "Basic YWRhOnN", "Basic"})
      EXPECT_EQ((co_await client.get("/basic").header("authorization", wrong)).status(), 401) << wrong;
    EXPECT_EQ((co_await client.get("/key")).status(), 401);
    EXPECT_EQ(told(co_await client.get("/key").header("X-Key", "k")), "200 k");
  });
  EXPECT_TRUE(web::same_secret("abc", "abc"));
  EXPECT_FALSE(web::same_secret("abc", "abd"));
  EXPECT_FALSE(web::same_secret("abc", "abcd"));
}

TEST(WebSecurity, ShowsInOpenApi) {
  web::app app;
  app.get("/bearer", [](web::bearer_token token) { return *token; });
  app.get("/key", [](web::api_key<"x-key"> key) { return *key; });
  const boost::json::value document = boost::json::parse(app.openapi());
  EXPECT_EQ(
      boost::json::serialize(document.at("components").at("securitySchemes")),
      R"({"bearer":{"type":"http","scheme":"bearer"},"key_x-key":{"type":"apiKey","in":"header","name":"x-key"}})");
  EXPECT_EQ(boost::json::serialize(document.at("paths").at("/bearer").at("get").at("security")), R"([{"bearer":[]}])");
}

}  // namespace
