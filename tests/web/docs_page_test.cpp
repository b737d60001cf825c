#include <gtest/gtest.h>

#include <string>
#include <weft/testing.hpp>

#include "app_talk.hpp"
#include "web/swagger_ui.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

TEST(WebDocsPage, LinksToTheDocumentOrShowsIt) {
  web::app app{{.title = "a <b> & \"c\""}};
  with_test_client(app, [](web::test_client& client) -> task<> {
    const http::response page = co_await client.get("/docs");
    EXPECT_EQ(page.status(), 200);
    EXPECT_NE(page.text().find("<title>a &lt;b> &amp; &quot;c&quot;</title>"), std::string::npos) << page.text();
    const http::response script = co_await client.get("/docs/swagger-ui-bundle.js");
    if (!web::detail::find_swagger_ui()) {
      EXPECT_NE(page.text().find("href=\"./openapi.json\""), std::string::npos) << page.text();
      EXPECT_EQ(script.status(), 404);
      co_return;
    }
    EXPECT_GT(script.text().size(), 1'000'000U);
    EXPECT_EQ(script.header("content-encoding"), "gzip");
    const http::response plain =
        co_await client.get("/docs/swagger-ui-bundle.js").header("accept-encoding", "identity");
    EXPECT_EQ(plain.header("content-encoding"), "");
    EXPECT_EQ(plain.text(), script.text());
    EXPECT_EQ((co_await client.get("/docs/swagger-ui.css")).header("content-type"), "text/css; charset=utf-8");
    EXPECT_NE((co_await client.get("/docs/start.js")).text().find(R"("./openapi.json")"), std::string::npos);
  });
}

TEST(WebDocsPage, StandsWhereTheAppPutsIt) {
  web::app app{{.openapi_path = "/api/v1/schema", .docs_path = "/api/docs"}};
  with_test_client(app, [](web::test_client& client) -> task<> {
    const std::string page = (co_await client.get("/api/docs")).text();
    EXPECT_NE(page.find("\"../api/"), std::string::npos) << page;
    EXPECT_EQ((co_await client.get("/docs")).status(), 404);
  });
  for (const web::app_options& none : {web::app_options{.docs_path = ""}, web::app_options{.openapi_path = ""}}) {
    web::app without{none};
    with_test_client(
        without, [](web::test_client& client) -> task<> { EXPECT_EQ((co_await client.get("/docs")).status(), 404); });
  }
}

}  // namespace
