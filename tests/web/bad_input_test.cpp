// What no honest client sends: each gets the right status and is told why, and no handler runs with half of it.

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <support/scratch.hpp>
#include <utility>
#include <vector>
#include <weft/testing.hpp>

#include "app_talk.hpp"
#include "http/server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

enum class size { small, large };
WEFT_DESCRIBE_ENUM(size, small, large)

struct order {
  std::string name;
  int count = 0;
  size of = size::small;
  std::vector<order> parts;
  std::optional<double> price;
};
WEFT_DESCRIBE((order, refuse_extra_fields), (name, min_length(1)), (count, ge(1)), of, (parts, defaulted), price)

/// What one problem of a body looks like.
std::string refusal_of(int status, const std::string& path, const std::string& expected, const std::string& got) {
  return std::to_string(status) + " " + weft::to_json(web::refusal{{{"body", path, expected, got}}});
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// What the server says to bytes that no client would send.
task<std::string> says(web::server& server, std::string bytes) {
  return weft::testing::says(server.engine(), std::move(bytes));
}

template <class F>
void with_server(web::app& app, F body) {
  weft::testing::run([&]() -> task<> { co_await weft::with(app.server(), body); });
}

TEST(WebBadInput, OfJsonIsToldWhereItIsWrong) {
  web::app app;
  int calls = 0;
  app.post("/orders", [&](web::body<order> made) {
    ++calls;
    return made->name;
  });
  const auto send = [](web::test_client& client, std::string body) -> task<std::string> {
    co_return told(co_await client.post("/orders").json_text(std::move(body)));
  };
  with_test_client(app, [&](web::test_client& client) -> task<> {
    const std::string rest = R"(, "count": 1, "of": "large"})";
    // no JSON
    EXPECT_EQ(co_await send(client, R"({"name": "a", "count": 01})"),
              refusal_of(400, "$.count", "no digit behind a leading zero", "\"1\" at line 1, column 25"));
    EXPECT_EQ(co_await send(client, "{\"name\": \"\xc3\x28\"" + rest),
              refusal_of(400, "$.name", "valid UTF-8", "\"\\xc3\" at line 1, column 11"));
    EXPECT_EQ(co_await send(client, R"({"name": "\ud800")" + rest),
              refusal_of(400, "$.name", "the other half of a surrogate pair", "\"\\\"\" at line 1, column 17"));
    const std::string deep = "nesting no deeper than 64";
    EXPECT_EQ(co_await send(client, repeated("[", 100'000)),
              refusal_of(400, "$" + repeated("[0]", 64), deep, "\"[\" at line 1, column 65"));
    EXPECT_EQ(co_await send(client, R"({"parts": )" + repeated(R"([{"parts": )", 40'000)),
              refusal_of(400, "$" + repeated(".parts[0]", 32), deep, "\"{\" at line 1, column 353"));
    EXPECT_EQ(co_await send(client, R"({"other": )" + repeated("[", 40'000)),
              refusal_of(400, "$.other" + repeated("[0]", 63), deep, "\"[\" at line 1, column 74"));
    // not what is wanted
    const std::string begin = R"({"name": "a", "of": "large", "count": )";
    EXPECT_EQ(co_await send(client, begin + repeated("9", 1000) + "}"),
              refusal_of(422, "$.count", "an integer from -2147483648 to 2147483647", repeated("9", 60) + "..."));
    EXPECT_EQ(co_await send(client, begin + "1.5}"), refusal_of(422, "$.count", "an integer", "1.5"));
    EXPECT_EQ(co_await send(client, begin + "true}"), refusal_of(422, "$.count", "an integer", "true"));
    EXPECT_EQ(co_await send(client, begin + R"(1, "price": 1e999})"),
              refusal_of(422, "$.price", "a number that is not too large for its type", "1e999"));
    EXPECT_EQ(co_await send(client, R"({"name": "a", "of": "huge", "count": 1})"),
              refusal_of(422, "$.of", R"(one of "small", "large")", "\"huge\""));
    EXPECT_EQ(co_await send(client, R"({"name": "a", "name": "b")" + rest),
              refusal_of(422, "$.name", "each member once", "\"b\""));
    EXPECT_EQ(co_await send(client, R"({"name": "a", "\u006eame": "b")" + rest),
              refusal_of(422, "$.name", "each member once", "\"b\""));
    EXPECT_EQ(co_await send(client, R"({"name": "a", "secret": 1)" + rest),
              refusal_of(422, "$.secret", "no such member", "1"));
    EXPECT_EQ(co_await send(client, "[]"), refusal_of(422, "$", "an object", "an array"));
    EXPECT_EQ(told(co_await client.post("/orders").json_text(std::string((1 << 20) + 1, ' '))),
              R"(413 {"detail":"The body is larger than 1048576 bytes."})");
    EXPECT_EQ(calls, 0);
  });
}

TEST(WebBadInput, OfTextIsToldToo) {
  web::app app;
  int calls = 0;
  app.get("/items/{id}", [&](web::path<"id", int>, web::query<"of", size>, web::query<"weight", std::optional<float>>,
                             web::header<"x-name", std::optional<std::string>>) { ++calls; });
  app.post("/form", [&](web::form_field<"name", std::string>, web::form_field<"count", unsigned>) { ++calls; });
  with_test_client(app, [&](web::test_client& client) -> task<> {
    const http::response r =
        co_await client.get("/items/99999999999999999999?of=huge&weight=1e39").header("x-name", "\xc3\x28");
    EXPECT_EQ(r.status(), 422);
    const std::vector<web::problem> wrong{
        {"path", "id", "an integer from -2147483648 to 2147483647", "\"99999999999999999999\""},
        {"query", "of", "one of \"small\", \"large\"", "\"huge\""},
        {"query", "weight", "a number that is not too large for its type", "\"1e39\""},
        {"header", "x-name", "text in UTF-8", "other bytes"}};
    EXPECT_EQ(weft::from_json<web::refusal>(r.text()).detail, wrong);
    for (const char* const target :
         {"/items/%FF?of=small", "/items/1%00?of=small", "/items/1?of=small&of=small", "/items/1?of=%FF",
          "/items/+1?of=small", "/items/0x1?of=small", "/items/1?of=small&weight=nan", "/items/1?of=small&weight=inf",
          "/items/1?of=small&weight="})
      EXPECT_EQ((co_await client.get(target)).status(), 422) << target;
    for (const char* const body : {"", "name=a", "name=a&count=-1", "name=%FF&count=1", "name=a&name=b&count=1",
                                   "count=1", "name=a&count=99999999999", "name=a&count=1%00", "%", "&&&==&"})
      EXPECT_EQ((co_await client.post("/form").body(body, "application/x-www-form-urlencoded")).status(), 422) << body;
    EXPECT_EQ(calls, 0);
    EXPECT_EQ((co_await client.get("/items/1?of=small&weight=3e38")).status(), 204);
    EXPECT_EQ((co_await client.post("/form").body("&&name=a&=&count=1&", "application/x-www-form-urlencoded")).status(),
              204);
    EXPECT_EQ(calls, 2);
  });
}

TEST(WebBadInput, OfAHundredThousandParametersIsRefused) {
  web::app app{{.max_body = 10 << 20}};
  int calls = 0;
  app.get("/query", [&](web::query<"a", std::vector<int>>) { ++calls; });
  app.post("/form", [&](web::form_field<"a", std::vector<int>>) { ++calls; });
  app.post("/body", [&](web::body<std::vector<int>>) { ++calls; });
  with_test_client(app, [&](web::test_client& client) -> task<> {
    const std::string fields = repeated("a=1&", 100'000);
    EXPECT_EQ((co_await client.get("/query?" + fields)).status(), 414);
    EXPECT_EQ(told(co_await client.get("/query?" + repeated("a=1&", 1500))),
              R"(414 {"detail":"The query has more than 1000 parameters."})");
    const std::string type = "application/x-www-form-urlencoded";
    EXPECT_EQ(told(co_await client.post("/form").body(fields, type)),
              R"(413 {"detail":"The form has more than 1000 fields."})");
    EXPECT_EQ((co_await client.post("/form").body(repeated("a=1&", 1'000'000), type)).status(), 413);
    http::multipart_form form;
    for (int i = 0; i < 1001; ++i) form.field("a", "1");
    EXPECT_EQ(told(co_await client.post("/form").multipart(form)),
              R"(413 {"detail":"multipart form: more than 1000 parts"})");
    EXPECT_EQ(calls, 0);
    EXPECT_EQ((co_await client.get("/query?" + repeated("&a=1", 999))).status(), 204);
    EXPECT_EQ((co_await client.post("/form").body(repeated("&a=1", 999), type)).status(), 204);
    EXPECT_EQ((co_await client.post("/body").json_text("[" + repeated("1,", 99'999) + "1]")).status(), 204);
    EXPECT_EQ(calls, 3);
  });
}

TEST(WebBadInput, OfUploadsIsRefused) {
  web::app app;
  int calls = 0;
  app.post("/files", [&](web::form_file<"file">, web::form_field<"name", std::optional<std::string>>) { ++calls; });
  with_test_client(app, [&](web::test_client& client) -> task<> {
    const auto send = [&](std::string head, std::string body, std::string boundary = "b") -> task<int> {
      const std::string type = "multipart/form-data; boundary=" + boundary;
      const std::string text =
          "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"" + head + "\r\n\r\n" + body;
      co_return (co_await client.post("/files").body(text, type)).status();
    };
    EXPECT_EQ(co_await send("", "x\r\n--b--\r\n"), 204);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(co_await send("", "x\r\n--b"), 400) << "broken off";
    EXPECT_EQ(co_await send("", "x\r\n--b-\r\n"), 400);
    EXPECT_EQ(co_await send("", "x\r\n--b--\r\n", "c"), 400) << "of another boundary";
    EXPECT_EQ(co_await send("", "x\r\n--b--\r\n", repeated("b", 71)), 400) << "too long, RFC 2046";
    EXPECT_EQ(co_await send("", "x\r\n--b--\r\n", "\"b "), 400);
    EXPECT_EQ(co_await send("\r\nx: " + std::string(10'000, 'x'), "x\r\n--b--\r\n"), 431);
    EXPECT_EQ(co_await send(repeated("\r\nx: y", 100), "x\r\n--b--\r\n"), 431);
    EXPECT_EQ(co_await send("\r\nx", "x\r\n--b--\r\n"), 400) << "a field without a colon";
    EXPECT_EQ(co_await send("", std::string(2 << 20, 'x') + "\r\n--b--\r\n"), 413);
    EXPECT_EQ(co_await send("", "x\r\n--b\r\nContent-Disposition: form-data; name=name\r\n\r\n\xff\r\n--b--\r\n"), 422);
    EXPECT_EQ(calls, 1);
  });
}

TEST(WebBadInput, OfPathsLeavesTheDirectoryAlone) {
  const weft::testing::scratch place;
  place.write("public/index.html", "hello");
  place.write("public/sub/a.txt", "a");
  place.write("secret", "the secret");
  std::filesystem::create_symlink("../secret", place.file("public/link"));
  web::app app;
  app.files("/static", place.file("public"));
  app.get("/items/{id}", [](web::path<"id", std::string> id) { return *id; });
  app.get("/tree/{rest:path}", [](web::path<"rest", std::string> rest) { return *rest; });
  with_server(app, [](web::server& server) -> task<> {
    const auto get = [&](std::string target) -> task<std::string> {
      co_return co_await says(server, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    };
    EXPECT_NE((co_await get("/static/sub/a.txt")).find("\r\n\r\na"), std::string::npos);
    for (const char* const target : {"/static/../secret",
                                     "/static/%2e%2e/secret",
                                     "/static/%2E%2E%2Fsecret",
                                     "/static/..%2fsecret",
                                     "/static/..%5csecret",
                                     "/static/sub/../../secret",
                                     "/static/sub%2f..%2f..%2fsecret",
                                     "/static//../secret",
                                     "/static/%252e%252e/secret",
                                     "/static/..;/secret",
                                     "/static/.%00./secret",
                                     "/static/a.txt%00",
                                     "/static/%c0%ae%c0%ae/secret",
                                     "/static/link",
                                     "/static/%2fetc/passwd",
                                     "//etc/passwd",
                                     "/static//etc/passwd",
                                     "/..%2f..%2fsecret",
                                     "/static/%2e%2e",
                                     "/static/..",
                                     "/static%2f..%2fsecret"}) {
      const std::string answer = co_await get(target);
      EXPECT_EQ(answer.find("HTTP/1.1 4"), 0U) << target << "\n" << answer;
      EXPECT_EQ(answer.find("the secret"), std::string::npos) << target;
      EXPECT_EQ(answer.find("root:"), std::string::npos) << target;
    }
    // What a handler is given is decoded once, and a slash in it does not change the route.
    EXPECT_NE((co_await get("/items/..%2f%252e")).find("\r\n\r\n../%2e"), std::string::npos);
    EXPECT_NE((co_await get("/tree/a/%2e%2e/b")).find("\r\n\r\na/../b"), std::string::npos);
  });
}

TEST(WebBadInput, IsNotPutIntoTheHeadOfAnAnswer) {
  web::app app;
  app.get("/go", [](web::query<"to", std::string> to) { return web::response::redirect(*to); });
  app.get("/cookie", [](web::query<"value", std::string> value) {
    return web::response{204}.cookie("seen", *value, {.max_age = std::chrono::seconds{60}});
  });
  app.get("/name", [](web::query<"name", std::string> name) { return web::response{204}.header(*name, "1"); });
  app.get("/fail", [](web::query<"why", std::string> why) -> std::string { throw web::http_error{400, *why}; });
  with_server(app, [](web::server& server) -> task<> {
    std::vector<std::string> reported;
    weft::this_loop().set_exception_handler([&](const weft::exception_context& c) { reported.push_back(c.message); });
    const auto get = [&](std::string target) -> task<std::string> {
      co_return co_await says(server, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    };
    EXPECT_NE((co_await get("/go?to=/b")).find("\r\nlocation: /b\r\n"), std::string::npos);
    EXPECT_NE((co_await get("/cookie?value=1"))
                  .find("\r\nset-cookie: seen=1; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure\r\n"),
              std::string::npos);
    EXPECT_TRUE(reported.empty());
    for (const char* const target :
         {"/go?to=/b%0d%0aset-cookie:%20evil=1", "/go?to=/b%0aset-cookie:%20evil=1", "/go?to=/b%0dset-cookie:%20evil=1",
          "/go?to=/b%00set-cookie:%20evil=1", "/cookie?value=1%0d%0aset-cookie:%20evil=1",
          "/cookie?value=1%0aset-cookie:evil", "/cookie?value=1;%20Domain=set-cookie", "/cookie?value=a%20set-cookie",
          "/cookie?value=%22set-cookie", "/cookie?value=%c3%a9set-cookie", "/name?name=set-cookie:%20evil=1%0d%0ax",
          "/name?name=set-cookie%20"}) {
      const std::string answer = co_await get(target);
      EXPECT_EQ(answer.find("HTTP/1.1 500"), 0U) << target << "\n" << answer;
      EXPECT_EQ(answer.find("set-cookie"), std::string::npos) << target << "\n" << answer;
      EXPECT_NE(answer.find(R"({"detail":"Internal Server Error"})"), std::string::npos) << answer;
    }
    EXPECT_EQ(reported, std::vector<std::string>(12, "A web handler failed"));
    const std::string said = co_await get("/fail?why=a%0d%0aset-cookie:%20evil=1%22");
    EXPECT_NE(said.find(R"({"detail":"a\r\nset-cookie: evil=1\""})"), std::string::npos) << said;
  });
}

TEST(WebBadInput, OfSessionsIsAsNone) {
  web::app app;
  app.keep_sessions({.secret = std::string(32, 's'), .secure = false});
  app.get("/", [](web::session& session) { return std::string{session.get("user").value_or("nobody")}; });
  with_test_client(app, [](web::test_client& client) -> task<> {
    const std::string user = "eyJ1c2VyIjoicm9vdCJ9";  // {"user":"root"}
    for (const std::string& cookie :
         {user, user + ".", user + "..", user + ".99999999999.", user + ".99999999999." + std::string(43, 'A'),
          user + ".-1." + std::string(43, 'A'), std::string(8000, 'A') + ".1." + std::string(43, 'A'),
          std::string{"."} + user, std::string{"%00"}, std::string{"\xff\xfe"}, user + ".1.=", std::string{"\""}})
      EXPECT_EQ(told(co_await client.get("/").header("cookie", "session=" + cookie)), "200 nobody") << cookie;
    EXPECT_EQ(told(co_await client.get("/").header("cookie", repeated("session=x; ", 1000))), "200 nobody");
  });
}

}  // namespace
