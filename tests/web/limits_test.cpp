// Who a client is, and how much it may send.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <weft/testing.hpp>

#include "app_talk.hpp"
#include "web/trusted_proxies.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

void add_who(web::app& app) {
  app.get("/", [](web::caller who) { return who.address() + " " + who.origin(); });
}

TEST(WebCaller, IsWhoHasConnected) {
  web::app app;
  add_who(app);
  with_test_client(app, [](web::test_client& client) -> task<> {
    const http::response r = co_await client.get("/")
                                 .header("x-forwarded-for", "1.2.3.4")
                                 .header("x-forwarded-proto", "https")
                                 .header("x-forwarded-host", "evil.test");
    EXPECT_EQ(told(r), "200 127.0.0.1 http://app.test");
  });
}

TEST(WebCaller, IsWhomTrustedProxiesName) {
  web::app app;
  add_who(app);
  app.trust_proxies("127.0.0.0/8, 10.1.0.0/16, 2001:db8:1::/48");
  with_test_client(app, [](web::test_client& client) -> task<> {
    const auto ask = [&](const char* forwarded) -> task<std::string> {
      co_return (co_await client.get("/").header("x-forwarded-for", forwarded)).text();
    };
    const std::string plain = " http://app.test";
    EXPECT_EQ(co_await ask("203.0.113.7"), "203.0.113.7" + plain);
    EXPECT_EQ(co_await ask("6.6.6.6, 203.0.113.7, 10.1.2.3"), "203.0.113.7" + plain)
        << "what is further left is hearsay";
    EXPECT_EQ(co_await ask("203.0.113.7:1234"), "203.0.113.7" + plain);
    EXPECT_EQ(co_await ask("[2001:db8::7]:80,2001:db8:1::9"), "2001:db8::7" + plain);
    EXPECT_EQ(co_await ask("10.1.9.9"), "10.1.9.9" + plain);
    EXPECT_EQ(co_await ask("203.0.113.7, unknown"), "127.0.0.1" + plain);
    EXPECT_EQ(co_await ask(""), "127.0.0.1" + plain);
    const http::response r = co_await client.get("/")
                                 .header("x-forwarded-for", "10.2.0.1")
                                 .header("x-forwarded-proto", "https")
                                 .header("x-forwarded-host", "example.org");
    EXPECT_EQ(r.text(), "10.2.0.1 https://example.org");
  });
}

TEST(WebCaller, TrustsOnlyWhatAreNetworks) {
  using web::detail::trusted_proxies;
  for (const char* bad : {"host", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8 ,, ::1", "1.2.3"})
    EXPECT_THROW(trusted_proxies{bad}, std::invalid_argument) << bad;
  const trusted_proxies some{"10.0.0.0/9,::1,192.0.2.5"};
  for (const char* in : {"10.127.255.255", "::1", "192.0.2.5", "::ffff:10.0.0.1"}) EXPECT_TRUE(some.contains(in)) << in;
  for (const char* out : {"10.128.0.0", "::2", "192.0.2.4", "", "fe80::1%lo"}) EXPECT_FALSE(some.contains(out)) << out;
  EXPECT_TRUE(trusted_proxies{"0.0.0.0/0"}.contains("8.8.8.8"));
  EXPECT_FALSE(trusted_proxies{"0.0.0.0/0"}.contains("::1"));
  EXPECT_FALSE(trusted_proxies{""}.contains("127.0.0.1"));
}

TEST(WebRateLimit, IsForEachClient) {
  web::app app;
  add_who(app);
  app.serve_health();
  app.trust_proxies("127.0.0.1");
  app.limit_rate({.rate = 1, .per = 10s, .burst = 2});
  with_test_client(app, [](web::test_client& client) -> task<> {
    const auto ask = [&](const char* from) -> task<http::response> {
      co_return co_await client.get("/").header("x-forwarded-for", from);
    };
    EXPECT_EQ((co_await ask("1.1.1.1")).status(), 200);
    EXPECT_EQ((co_await ask("1.1.1.1")).status(), 200);
    const http::response refused = co_await ask("1.1.1.1");
    EXPECT_EQ(told(refused), R"(429 {"detail":"Too Many Requests"})");
    EXPECT_EQ(refused.header("retry-after"), "10");
    EXPECT_EQ((co_await ask("1.1.1.2")).status(), 200) << "another one";
    EXPECT_EQ((co_await ask("2001:db8::1")).status(), 200);
    EXPECT_EQ((co_await ask("2001:db8::2")).status(), 200);
    EXPECT_EQ((co_await ask("2001:db8::3")).status(), 429) << "of the same network";
    for (int i = 0; i < 5; ++i) EXPECT_EQ((co_await client.get("/healthz")).status(), 200);
    co_await weft::sleep(10s);
    EXPECT_EQ((co_await ask("1.1.1.1")).status(), 200);
    EXPECT_EQ((co_await ask("1.1.1.1")).status(), 429);
    EXPECT_EQ((co_await client.get("/nowhere").header("x-forwarded-for", "1.1.1.1")).status(), 429);
  });
}

TEST(WebRateLimit, IsForARoute) {
  web::app app;
  add_who(app);
  app.get("/dear", [] { return 1; }).limit_rate({.rate = 1, .per = 1s});
  with_test_client(app, [](web::test_client& client) -> task<> {
    EXPECT_EQ((co_await client.get("/dear")).status(), 200);
    EXPECT_EQ((co_await client.get("/dear")).status(), 429);
    EXPECT_EQ((co_await client.get("/")).status(), 200);
  });
  EXPECT_THROW(app.limit_rate({.rate = 0}), std::invalid_argument);
}

TEST(WebRoute, HasLimitsOfItsOwn) {
  web::app app;
  weft::event go;
  app.get("/slow", []() -> task<> { co_await weft::sleep(1h); }).timeout(5s);
  app.post("/small", [](web::body<std::string> text) { return *text; }).max_body(4);
  app.get("/few", [&]() -> task<> { co_await go.wait(); }).max_concurrent(1);
  with_test_client(app, [&](web::test_client& client) -> task<> {
    EXPECT_EQ(told(co_await client.get("/slow")), R"(503 {"detail":"The answer took too long."})");
    EXPECT_EQ(weft::clock::now().time_since_epoch(), 5s);
    EXPECT_EQ(told(co_await client.post("/small").body("four")), "200 four");
    EXPECT_EQ((co_await client.post("/small").body("fiver")).status(), 413);
    auto first = weft::create_task([&]() -> task<int> { co_return (co_await client.get("/few")).status(); });
    co_await weft::sleep(1s);
    EXPECT_EQ((co_await client.get("/few")).status(), 503);
    go.set();
    EXPECT_EQ(co_await first, 204);
  });
}

}  // namespace
