// Apps in Chromium, without a window.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <support/browser.hpp>
#include <vector>

#include "app_talk.hpp"
#include "web/swagger_ui.hpp"

namespace {

using weft::task;
using weft::testing::browser;
using weft::testing::with_app;
using weft::testing::with_browser;
namespace http = weft::http;
namespace web = weft::web;

struct greeting {
  std::string words;
  int times = 1;
};
WEFT_DESCRIBE(greeting, words, (times, defaulted, ge(1), le(3)))

TEST(NetWebBrowser, ListsTheRoutesOnTheDocsPageAndTriesThem) {
  ASSERT_TRUE(web::detail::find_swagger_ui()) << "swagger-ui-dist is missing: ./dev setup installs it from npm";
  web::app app{{.title = "greetings", .version = "1"}};
  app.get("/hello/{name}", [](web::path<"name", std::string> name) { return "hello " + *name; });
  app.post("/greetings", [](web::body<greeting> said) {
    std::string all;
    for (int i = 0; i < said->times; ++i) all += said->words + "!";
    return all;
  });
  app.get("/hidden", [] { return 1; }).hidden();
  with_app(app, [](http::client&, web::server& server) -> task<> {
    const std::string origin = server.url();
    co_await with_browser([&origin](browser& chromium) -> task<> {
      browser::page shown = co_await chromium.open(origin + "/docs");
      co_await shown.until("document.querySelector('.opblock')");
      EXPECT_EQ(co_await shown.evaluate("[...document.querySelectorAll('.opblock-summary')].map((each) =>"
                                        " each.querySelector('.opblock-summary-method').innerText + ' ' +"
                                        " each.querySelector('.opblock-summary-path').dataset.path)"),
                R"(["GET /hello/{name}","POST /greetings"])");

      const auto answer = [](const std::string& method) {
        return "document.querySelector('.opblock-" + method +
               " .live-responses-table tr.response .response-col_description .highlight-code')?.innerText";
      };
      co_await shown.click(".opblock-get .opblock-summary-control");
      co_await shown.type(".opblock-get input[placeholder=name]", "ada lovelace");
      co_await shown.click(".opblock-get .execute");
      EXPECT_NE((co_await shown.until(answer("get"))).find("hello ada lovelace"), std::string::npos);

      co_await shown.click(".opblock-post .opblock-summary-control");
      co_await shown.type(".opblock-post textarea", R"({"words": "good morning", "times": 2})");
      co_await shown.click(".opblock-post .execute");
      EXPECT_NE((co_await shown.until(answer("post"))).find("good morning!good morning!"), std::string::npos);

      EXPECT_EQ(shown.requests_beyond(origin), "");
      EXPECT_EQ(shown.complaints(), "");
      const std::vector<std::string>& asked = shown.requests();
      EXPECT_EQ(std::count(asked.begin(), asked.end(), origin + "/hello/ada%20lovelace"), 1);
      EXPECT_EQ(std::count(asked.begin(), asked.end(), origin + "/greetings"), 1);
    });
  });
}

// What a page may do with an app of another origin.
constexpr const char* strangers = R"((async () => {
  const ask = async (path, how = {}) => {
    try {
      const answer = await fetch(other + path, how);
      return `${answer.status} ${answer.headers.get("x-seen")} ${answer.headers.get("x-hidden")} ${await answer.text()}`;
    } catch (error) {
      return error.name;
    }
  };
  const json = {"content-type": "application/json"};
  return [
    await ask("/open/number"),
    await ask("/open/things", {method: "POST", headers: json, body: "[1, 2]"}),
    await ask("/open/things", {method: "POST", headers: json, body: "nothing"}),
    await ask("/open/things", {method: "POST", headers: {...json, "x-other": "1"}, body: "[]"}),
    await ask("/open/things", {method: "DELETE"}),
  ];
})())";

TEST(NetWebBrowser, LetsPagesOfOtherOriginsDoWhatTheyMay) {
  int things = 0;
  web::app pages;
  pages.get("/", [] { return web::response::html("<!doctype html><title>page</title>"); });
  with_app(pages, [&](http::client&, web::server& origin) -> task<> {
    const std::string allowed = origin.url();
    web::app open;
    open.use_middleware(web::cors{{.origins = allowed, .methods = "GET, POST", .exposed = "x-seen"}});
    open.get("/open/number", [] { return web::response::text("7").header("x-seen", "1").header("x-hidden", "1"); });
    open.post("/open/things", [&](web::body<std::vector<int>> all) {
      ++things;
      return all->size();
    });
    open.del("/open/things", [&] { ++things; });
    co_await weft::with(open.server(), [&](web::server& other) -> task<> {
      co_await with_browser([&](browser& chromium) -> task<> {
        browser::page shown = co_await chromium.open(allowed + "/");
        co_await shown.evaluate("window.other = " + weft::to_json(other.url()));
        const std::string malformed =
            R"({"detail":[{"in":"body","path":"$","expected":"a value","got":"\"n\" at line 1, column 1"}]})";
        const std::vector<std::string> expected{"200 1 null 7", "200 null null 2", "400 null null " + malformed,
                                                "TypeError", "TypeError"};
        EXPECT_EQ(weft::from_json<std::vector<std::string>>(co_await shown.evaluate(strangers)), expected);
      });
    });
  });
  EXPECT_EQ(things, 1);
}

TEST(NetWebBrowser, KeepsItsSessionAndHearsEventsAgainAfterTheyBroke) {
  web::app app;
  app.keep_sessions({.secret = "a secret of at least thirty-two bytes", .secure = false});
  app.get("/", [] { return web::response::html("<!doctype html><title>page</title>"); });
  app.post("/name", [](web::session& kept, web::body<std::string> name) { kept.set("name", *name); });
  app.get("/name", [](web::session& kept) { return std::string{kept.get("name").value_or("nobody")}; });
  app.get("/events", [](web::header<"last-event-id", int, web::otherwise(0)> last) {
    return web::events([last = *last](web::event_writer& to) -> task<> {
      for (int i = last + 1; i <= last + 2; ++i) {
        const std::string id = std::to_string(i);
        co_await to.send("line " + id + "\nschön", {.type = "step", .id = id, .retry = std::chrono::milliseconds{1}});
      }
    });
  });
  with_app(app, [](http::client&, web::server& server) -> task<> {
    co_await with_browser([&](browser& chromium) -> task<> {
      browser::page shown = co_await chromium.open(server.url() + "/");
      EXPECT_EQ(weft::from_json<std::string>(co_await shown.evaluate(R"((async () => {
        const before = await (await fetch("/name")).text();
        await fetch("/name", {method: "POST", body: "ada"});
        const after = await (await fetch("/name")).text();
        return [before, after, document.cookie].join("|");
      })())")),
                "nobody|ada|");
      const std::string heard = co_await shown.evaluate(R"(new Promise((resolve) => {
        const heard = [];
        const source = new EventSource("/events");
        source.addEventListener("step", ({data, lastEventId}) => {
          heard.push(lastEventId + " " + data);
          if (heard.length === 5) resolve((source.close(), heard));
        });
      }))");
      const std::vector<std::string> expected{"1 line 1\nschön", "2 line 2\nschön", "3 line 3\nschön",
                                              "4 line 4\nschön", "5 line 5\nschön"};
      EXPECT_EQ(weft::from_json<std::vector<std::string>>(heard), expected);
    });
  });
}

}  // namespace
