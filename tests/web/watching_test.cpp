// What an app tells of itself: health, metrics, traces.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/testing.hpp>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

struct database {
  bool up = true;
};

TEST(WebHealth, IsAliveAndReady) {
  web::app app;
  database db;
  app.provide(db);
  app.serve_health();
  app.ready_if("database", [](web::use<database> it) { return it->up; });
  app.ready_if("patience", []() -> task<bool> {
    co_await weft::sleep(1s);
    co_return true;
  });
  with_test_client(app, [&](web::test_client& client) -> task<> {
    EXPECT_EQ(told(co_await client.get("/healthz")), R"(200 {"status":"ok"})");
    EXPECT_EQ(told(co_await client.get("/readyz")), R"(200 {"status":"ok","failed":[]})");
    db.up = false;
    EXPECT_EQ(told(co_await client.get("/readyz")), R"(503 {"status":"unavailable","failed":["database"]})");
    EXPECT_EQ(told(co_await client.get("/healthz")), R"(200 {"status":"ok"})");
  });
}

TEST(WebHealth, IsNotReadyWhenACheckThrows) {
  web::app app;
  app.serve_health();
  app.ready_if("broken", [] { throw std::runtime_error{"secret"}; });
  weft::testing::run(
      [&]() -> task<> {
        co_await weft::with(web::test_client{app}, [](web::test_client& client) -> task<> {
          EXPECT_EQ(told(co_await client.get("/readyz")), R"(503 {"status":"unavailable","failed":["broken"]})");
        });
      },
      {.may_report = true});
}

TEST(WebHealth, ChecksUseWhatIsProvided) {
  web::app app;
  app.serve_health();
  app.ready_if("database", [](web::use<database> it) { return it->up; });
  EXPECT_THROW(with_test_client(app, [](web::test_client&) -> task<> { co_return; }), std::logic_error);
}

/// The line of a sample, without its value.
std::string value_of(const std::string& text, const std::string& sample) {
  const std::size_t at = text.find("\n" + sample + " ");
  if (at == std::string::npos) return "nothing";
  const std::size_t begin = at + 1 + sample.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(WebMetrics, TellWhatHasHappened) {
  web::app app;
  weft::event go;
  app.serve_metrics();
  app.get("/users/{id}", [](web::path<"id", int> id) -> task<int> {
    co_await weft::sleep(30ms);
    if (*id == 7) throw web::http_error{404, "no"};
    co_return *id;
  });
  app.get("/work", [&](web::background_tasks& background) {
    background.add([&]() -> task<> { co_await go.wait(); });
    return 1;
  });
  with_test_client(app, [&](web::test_client& client) -> task<> {
    for (const char* path : {"/users/1", "/users/2", "/users/7", "/users/x", "/nowhere", "/work"})
      co_await client.get(path);
    const http::response r = co_await client.get("/metrics");
    EXPECT_EQ(r.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const std::string& text = r.text();
    const std::string users = R"(method="GET",route="/users/{id}")";
    EXPECT_EQ(value_of(text, "weft_http_requests_total{" + users + R"(,status="200"})"), "2");
    EXPECT_EQ(value_of(text, "weft_http_requests_total{" + users + R"(,status="404"})"), "1");
    EXPECT_EQ(value_of(text, "weft_http_requests_total{" + users + R"(,status="422"})"), "1");
    EXPECT_EQ(value_of(text, R"(weft_http_requests_total{method="",route="",status="404"})"), "1");
    const std::string latency = "weft_http_request_duration_seconds";
    EXPECT_EQ(value_of(text, latency + "_bucket{" + users + R"(,le="0.025"})"), "1");
    EXPECT_EQ(value_of(text, latency + "_bucket{" + users + R"(,le="0.05"})"), "4");
    EXPECT_EQ(value_of(text, latency + "_bucket{" + users + R"(,le="+Inf"})"), "4");
    EXPECT_EQ(value_of(text, latency + "_sum{" + users + "}"), "0.09");
    EXPECT_EQ(value_of(text, latency + "_count{" + users + "}"), "4");
    EXPECT_EQ(value_of(text, "weft_http_requests_in_flight"), "1") << "this one";
    EXPECT_EQ(value_of(text, "weft_background_tasks"), "1");
    EXPECT_EQ(value_of(text, R"(weft_event_loop_lag_seconds{worker="0"})"), "0");
    go.set();
  });
}

double lag_of(const std::string& metrics) {
  return std::stod(value_of(metrics, R"(weft_event_loop_lag_seconds{worker="0"})"));
}

/// Over a network, by the clock on the wall.
TEST(NetWebMetrics, TellOfALongStepForAWhile) {
  web::app app;
  app.serve_metrics();
  app.get("/slow", [] { std::this_thread::sleep_for(250ms); });
  weft::run([&]() -> task<> {
    co_await weft::with(app.server({}), [](web::server& server) -> task<> {
      http::client client{{.base_url = server.url()}};
      co_await client.get("/slow");
      // The loop looks every 100 ms how late it is; so it was late by 150 ms at least, which shows as soon as it looks.
      double lag = 0;
      co_await weft::wait_for(
          [&]() -> task<> {
            while (lag < 0.149) {
              const http::response metrics = co_await client.get("/metrics");
              lag = lag_of(metrics.text());
              co_await weft::sleep(1ms);
            }
          }(),
          20s);
      // And it is not forgotten at the next look.
      co_await weft::sleep(150ms);
      const http::response metrics = co_await client.get("/metrics");
      EXPECT_GE(lag_of(metrics.text()), lag);
    });
  });
}

TEST(WebTracing, PassesTheTraceOnToWhatAHandlerAsks) {
  web::app inner;
  std::vector<std::string> seen;
  inner.get("/", [&](web::header<"traceparent", std::string> parent,
                     web::header<"tracestate", std::optional<std::string>> state) {
    seen = {*parent, state->value_or("none")};
  });
  web::app outer;
  outer.use_middleware(web::tracing{});
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  weft::testing::run([&]() -> task<> {
    co_await weft::with(web::test_client{inner}, [&](web::test_client& to_inner) -> task<> {
      std::string own;
      outer.get("/", [&]() -> task<> {
        own = http::current_trace()->span_id;
        co_await to_inner.get("/");
      });
      co_await weft::with(web::test_client{outer}, [&](web::test_client& client) -> task<> {
        co_await client.get("/")
            .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
            .header("tracestate", "a=1,b=2");
        EXPECT_TRUE(seen.at(0).starts_with("00-" + trace + "-")) << seen[0];
        EXPECT_TRUE(seen.at(0).ends_with("-01")) << seen[0];
        EXPECT_EQ(seen.at(0).find("00f067aa0ba902b7"), std::string::npos) << "a span of its own";
        EXPECT_EQ(seen.at(0).find(own), std::string::npos) << "and another than the handler's";
        EXPECT_EQ(seen.at(1), "a=1,b=2");

        co_await client.get("/").header("traceparent", "garbage");
        EXPECT_EQ(seen.at(0).find(trace), std::string::npos) << "a new trace";
        EXPECT_TRUE(http::trace_context::parse(seen[0])) << seen[0];
        EXPECT_EQ(seen.at(1), "none");
        EXPECT_FALSE(http::current_trace());
      });
    });
  });
}

TEST(WebTracing, ReadsWhatTheRecommendationAllows) {
  const std::string ids = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  const auto parse = [](const std::string& text) { return http::trace_context::parse(text); };
  EXPECT_TRUE(parse("00" + ids + "01")->sampled);
  EXPECT_FALSE(parse("00" + ids + "02")->sampled);
  EXPECT_TRUE(parse("cc" + ids + "01-what-comes-later"));
  EXPECT_EQ(parse("00" + ids + "01")->traceparent(), "00" + ids + "01");
  for (const std::string& bad :
       std::vector<std::string>{"", "00" + ids + "1", "00" + ids + "01-", "ff" + ids + "01", "00" + ids + "0g",
                                "00-" + std::string(32, '0') + ids.substr(33) + "01",
                                "00" + ids.substr(0, 34) + std::string(16, '0') + "-01",
                                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "cc" + ids + "01.later"})
    EXPECT_FALSE(parse(bad)) << bad;
  for (int i = 0; i < 100; ++i) {
    const http::trace_context one = http::trace_context::begin();
    EXPECT_TRUE(parse(one.child().traceparent())) << one.traceparent();
  }
}

}  // namespace
