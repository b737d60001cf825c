#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

struct settings {
  std::string greeting;
};
struct pool {
  std::string* trace;
};
struct session {
  std::string user;
};

TEST(WebUse, GivesWhatTheAppProvides) {
  web::app app;
  settings shared{"hello"};
  app.provide(shared);
  app.get("/", [](web::use<settings> s) { return s->greeting; });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/")), "200 hello");
    shared.greeting = "bye";
    EXPECT_EQ(told(co_await client.get("/")), "200 bye");
  });
}

TEST(WebUse, MakesAndLetsGoForTheServerAndForEachRequest) {
  web::app app;
  std::string trace;
  app.provide([&]() -> weft::manager<pool> {
    trace += "pool{";
    co_await weft::sleep(0ms);
    co_yield pool{&trace};
    trace += "}";
  });
  app.provide_per_request([&](web::use<pool> from, web::header<"x-user", std::string> user) -> weft::manager<session> {
    *from->trace += "[" + *user;
    session own{*user};
    const weft::exit_reason how = co_yield own;
    co_await weft::sleep(0ms);
    trace += how.ok() ? " ok]" : " failed]";
  });
  app.get("/", [](web::use<session> s, web::use<session> again) {
    EXPECT_EQ(&*s, &*again);
    return s->user;
  });
  app.get("/fail", [](web::use<session>) -> std::string { throw web::http_error{409, "no"}; });
  with_app(app, [&](http::client& client, web::server& server) -> task<> {
    EXPECT_EQ(trace, "pool{");
    EXPECT_EQ(told(co_await client.get("/").header("x-user", "ada")), "200 ada");
    while (server.background_tasks() != 0 || !trace.ends_with(']')) co_await weft::sleep(0ms);
    EXPECT_EQ(trace, "pool{[ada ok]");
    EXPECT_EQ((co_await client.get("/fail").header("x-user", "bob")).status(), 409);
    EXPECT_EQ(trace, "pool{[ada ok][bob failed]");
    EXPECT_EQ(told(co_await client.get("/")),
              R"(422 {"detail":[{"in":"header","path":"x-user","expected":"a string","got":"nothing"}]})");
  });
  EXPECT_EQ(trace, "pool{[ada ok][bob failed]}");
}

struct note {
  std::string text;
};
WEFT_DESCRIBE(note, text)
struct user {
  std::string name;
};

TEST(WebUse, ComesBeforeWhatIsWrongWithTheRest) {
  web::app app;
  int asked = 0;
  app.provide_per_request([&](web::header<"x-user", std::string> name, web::query<"trial", std::optional<int>>) {
    ++asked;
    if (*name != "ada") throw web::http_error{401, "who are you?"};
    return user{*name};
  });
  app.post("/", [](web::use<user> who, web::body<note> n) { return who->name + ": " + n->text; });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    const auto post = [&](const char* user, const char* body, const char* query) -> task<std::string> {
      co_return told(co_await client.post(std::string{"/"} + query).header("x-user", user).json_text(body));
    };
    EXPECT_EQ(co_await post("ada", R"({"text":"hi"})", ""), "200 ada: hi");
    EXPECT_EQ(co_await post("eve", R"({"text":7})", ""), R"(401 {"detail":"who are you?"})");
    EXPECT_EQ(co_await post("eve", "{", ""), R"(401 {"detail":"who are you?"})");
    EXPECT_EQ(co_await post("ada", R"({"text":7})", ""),
              R"(422 {"detail":[{"in":"body","path":"$.text","expected":"a string","got":"7"}]})");
    EXPECT_EQ(asked, 4);
    // What the factory itself lacks is told beside the rest, and it is not asked.
    EXPECT_EQ(co_await post("eve", R"({"text":7})", "?trial=x"),
              R"(422 {"detail":[{"in":"body","path":"$.text","expected":"a string","got":"7"},)"
              R"({"in":"query","path":"trial","expected":"an integer","got":"\"x\""}]})");
    EXPECT_EQ(asked, 4);
  });
}

TEST(WebUse, RefusesToServeWhatNobodyProvides) {
  web::app app;
  app.get("/", [](web::use<settings> s) { return s->greeting; });
  try {
    with_app(app, [](http::client&, web::server&) -> task<> { co_return; });
    FAIL();
  } catch (const std::logic_error& e) {
    EXPECT_NE(std::string{e.what()}.find("settings"), std::string::npos) << e.what();
  }
}

}  // namespace
