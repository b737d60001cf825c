#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

struct item {
  std::string name;
  int count;
  std::optional<std::string> note;
};
WEFT_DESCRIBE(item, (name, min_length(1)), (count, ge(1), le(100)), note)

enum class colour { red, green };
WEFT_DESCRIBE_ENUM(colour, red, green)

struct search {
  std::string q;
  std::optional<int> limit;
  std::vector<std::string> tags;
};
WEFT_DESCRIBE(search, (q, min_length(2)), limit, tags)

TEST(WebApp, FillsParametersInAnyOrder) {
  web::app app;
  app.put("/items/{id}",
          [](web::body<item> body, web::query<"q", std::string> q, web::path<"id", int> id,
             web::header<"x-token", std::string> token, web::cookie<"session", std::string> session,
             http::server_request& request) -> task<std::string> {
            co_return std::string{request.method()} + " " + std::to_string(*id) + " " + *q + " " + *token + " " +
                *session + " " + body->name;
          });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response r = co_await client.put("/items/7?q=a%20b")
                                 .header("x-token", "secret")
                                 .header("cookie", "other=1; session=abc")
                                 .json_text(R"({"name": "nail", "count": 3})");
    EXPECT_EQ(told(r), "200 PUT 7 a b secret abc nail");
    EXPECT_EQ(r.header("content-type"), "text/plain; charset=utf-8");
  });
}

TEST(WebApp, ReadsValuesOfManyKinds) {
  web::app app;
  app.get("/all", [](web::query<"yes", bool> yes, web::query<"real", double> real, web::query<"hue", colour> hue,
                     web::query<"day", std::chrono::sys_days> day, web::query<"tag", std::vector<int>> tags,
                     web::query<"page", int, web::otherwise(1)> page,
                     web::query<"order", std::string, web::otherwise("asc")> order,
                     web::query<"id", std::optional<weft::uuid>> id) {
    std::string text =
        std::to_string(*yes) + " " + std::to_string(*real) + " " + std::to_string(static_cast<int>(*hue));
    text += " " + std::to_string(day->time_since_epoch().count());
    for (const int tag : *tags) text += " " + std::to_string(tag);
    return text + " page " + std::to_string(*page) + " " + *order + (id->has_value() ? " id" : " no id");
  });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/all?yes=on&real=2.5&hue=green&day=1970-01-11&tag=1&tag=2")),
              "200 1 2.500000 1 10 1 2 page 1 asc no id");
    EXPECT_EQ(told(co_await client.get("/all?yes=no&real=1e3&hue=red&day=1970-01-01&page=4&order=desc&id="
                                       "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
              "200 0 1000.000000 0 0 page 4 desc id");
  });
}

TEST(WebApp, TellsEverythingThatIsWrongAtOnce) {
  web::app app;
  bool called = false;
  app.post("/items/{id}", [&](web::path<"id", int> id, web::query<"limit", int, weft::constraints::le(10)> limit,
                              web::query<"hue", colour>, web::body<item> body) {
    called = true;
    return std::to_string(*id + *limit) + body->name;
  });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    const http::response r =
        co_await client.post("/items/x?limit=11&hue=blue&hue=red").json_text(R"({"name": "", "count": "3"})");
    EXPECT_EQ(told(r), R"(422 {"detail":[{"in":"path","path":"id","expected":"an integer","got":"\"x\""},)"
                       R"({"in":"query","path":"limit","expected":"at most 10","got":"11"},)"
                       R"({"in":"query","path":"hue","expected":"one value","got":"2 values"},)"
                       R"({"in":"body","path":"$.name","expected":"at least 1 character","got":"\"\""},)"
                       R"({"in":"body","path":"$.count","expected":"an integer","got":"\"3\""}]})");
    EXPECT_EQ(told(co_await client.post("/items/1?hue=blue").json_text(R"({"name": "a", "count": 3})")),
              R"(422 {"detail":[{"in":"query","path":"limit","expected":"an integer","got":"nothing"},)"
              R"({"in":"query","path":"hue","expected":"one of \"red\", \"green\"","got":"\"blue\""}]})");
    EXPECT_FALSE(called);
  });
}

TEST(WebApp, AnswersBodiesThatAreNone) {
  web::app app;
  app.post("/items", [](web::body<item> body) { return *body; });
  app.post("/small", [](web::body<item> body) { return *body; }).max_body(10);
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.post("/items").json_text("{]")),
              R"(400 {"detail":[{"in":"body","path":"$","expected":"a member's name in quotes",)"
              R"("got":"\"]\" at line 1, column 2"}]})");
    EXPECT_EQ(told(co_await client.post("/items")),
              R"(422 {"detail":[{"in":"body","path":"$","expected":"a JSON document","got":"nothing"}]})");
    EXPECT_EQ((co_await client.post("/items").json_text(std::string(100'000, '['))).status(), 400);
    EXPECT_EQ((co_await client.post("/items").json_text("{\"name\": \"\xff\", \"count\": 1}")).status(), 400);
    EXPECT_EQ((co_await client.post("/items").json_text(R"({"name": "a", "name": "b", "count": 1})")).status(), 422);
    EXPECT_EQ((co_await client.post("/items").json_text(R"({"name": "a", "count": 1e400})")).status(), 422);
    EXPECT_EQ((co_await client.post("/items").body("{}", "text/plain")).status(), 415);
    EXPECT_EQ(told(co_await client.post("/small").json_text(R"({"name": "nail", "count": 3})")),
              R"(413 {"detail":"The body is larger than 10 bytes."})");
    EXPECT_EQ(told(co_await client.post("/items").json_text(R"({"name": "nail", "count": 3})")),
              R"(200 {"name":"nail","count":3,"note":null})");
  });
}

TEST(WebApp, ReadsFormsAndWholeQueries) {
  web::app app;
  const auto show = [](const search& s) {
    std::string text = s.q + " " + std::to_string(s.limit.value_or(-1));
    for (const std::string& tag : s.tags) text += " " + tag;
    return text;
  };
  app.post("/form", [show](web::form<search> form) { return show(*form); });
  app.get("/query", [show](web::query_fields<search> query) { return show(*query); });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/query?q=ab&limit=3&tags=x&tags=y")), "200 ab 3 x y");
    EXPECT_EQ(told(co_await client.get("/query?q=a")),
              R"(422 {"detail":[{"in":"query","path":"q","expected":"at least 2 characters","got":"\"a\""}]})");
    const std::string urlencoded = "application/x-www-form-urlencoded";
    EXPECT_EQ(told(co_await client.post("/form").body("q=caf%C3%A9+au&tags=z", urlencoded)), "200 café au -1 z");
    EXPECT_EQ(told(co_await client.post("/form").body("limit=x", urlencoded)),
              R"(422 {"detail":[{"in":"form","path":"q","expected":"a string","got":"nothing"},)"
              R"({"in":"form","path":"limit","expected":"an integer","got":"\"x\""}]})");
    EXPECT_EQ((co_await client.post("/form").body("q=aa", "text/plain")).status(), 415);
  });
}

TEST(WebApp, SendsWhatHandlersGive) {
  web::app app;
  app.get("/nothing", []() -> task<> { co_return; });
  app.get("/list", []() -> std::vector<int> { return {1, 2, 3}; });
  app.get("/html", []() { return web::response::html("<p>"); });
  app.post("/made", []() { return item{"nail", 3, {}}; }).status(201);
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/nothing")), "204 ");
    EXPECT_EQ(told(co_await client.get("/list")), "200 [1,2,3]");
    EXPECT_EQ((co_await client.get("/html")).header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(told(co_await client.post("/made")), R"(201 {"name":"nail","count":3,"note":null})");
  });
}

TEST(WebApp, AnswersMethodsThatAreNotThere) {
  web::app app;
  app.get("/items", [] { return std::string{"all"}; });
  app.post("/items", [] { return std::string{"made"}; });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/nowhere")), R"(404 {"detail":"Not Found"})");
    const http::response refused = co_await client.del("/items");
    EXPECT_EQ(told(refused), R"(405 {"detail":"Method Not Allowed"})");
    EXPECT_EQ(refused.header("allow"), "GET, POST, HEAD, OPTIONS");
    const http::response options = co_await client.options("/items");
    EXPECT_EQ(told(options), "204 ");
    EXPECT_EQ(options.header("allow"), "GET, POST, HEAD, OPTIONS");
    const http::response head = co_await client.head("/items");
    EXPECT_EQ(told(head), "200 ");
    EXPECT_EQ(head.header("content-length"), "3");
  });
}

TEST(WebApp, HidesWhyAHandlerFailed) {
  web::app app;
  app.get("/known", []() -> task<std::string> { throw web::http_error{409, "taken"}; });
  app.get("/unknown", []() -> task<std::string> { throw std::runtime_error{"secret"}; });
  app.get("/range", []() -> task<std::string> { throw std::out_of_range{"far"}; });
  app.on_error<std::logic_error>(
      [](const std::logic_error& e) { return web::response::text(std::string{"logic: "} + e.what()).status(418); });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    std::string reported;
    weft::this_loop().set_exception_handler([&](const weft::exception_context& what) { reported = what.message; });
    EXPECT_EQ(told(co_await client.get("/known")), R"(409 {"detail":"taken"})");
    EXPECT_EQ(told(co_await client.get("/range")), "418 logic: far");
    EXPECT_EQ(reported, "");
    EXPECT_EQ(told(co_await client.get("/unknown")), R"(500 {"detail":"Internal Server Error"})");
    EXPECT_EQ(reported, "A web handler failed");
  });
}

TEST(WebApp, KeepsRoutesWithinTheirLimits) {
  web::app app;
  weft::event go;
  bool began = false;
  app.get("/slow", []() -> task<> { co_await weft::sleep(1h); }).timeout(10ms);
  app.get("/one",
          [&]() -> task<> {
            began = true;
            co_await go.wait();
          })
      .max_concurrent(1);
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/slow")), R"(503 {"detail":"The answer took too long."})");
    auto first = weft::create_task(client.get("/one"));
    while (!began) co_await weft::sleep(1ms);
    const http::response second = co_await client.get("/one");
    EXPECT_EQ(second.status(), 503);
    EXPECT_EQ(second.header("retry-after"), "1");
    go.set();
    EXPECT_EQ((co_await first).status(), 204);
  });
}

TEST(WebApp, RunsMiddlewareAboutEverything) {
  web::app app;
  std::string trace;
  app.use_middleware([&](web::request& request, web::next next) -> task<web::response> {
    trace += "(";
    web::response answer = co_await next();
    trace += std::to_string(answer.status()) + ")";
    answer.header("x-path", request.path());
    co_return answer;
  });
  app.use_middleware([&](web::request& request, web::next next) -> task<web::response> {
    if (request.path() == "/closed") throw web::http_error{403, "closed"};
    co_return co_await next();
  });
  app.get("/", [] { return std::string{"hello"}; });
  app.get("/bad", []() -> std::string { throw web::http_error{400, "bad"}; });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    const http::response r = co_await client.get("/");
    EXPECT_EQ(told(r), "200 hello");
    EXPECT_EQ(r.header("x-path"), "/");
    EXPECT_EQ((co_await client.get("/bad")).header("x-path"), "/bad");
    EXPECT_EQ((co_await client.get("/none")).header("x-path"), "/none");
    EXPECT_EQ(told(co_await client.get("/closed")), R"(403 {"detail":"closed"})");
    EXPECT_EQ(trace, "(200)(400)(404)(403)");
  });
}

}  // namespace
