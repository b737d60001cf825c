#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <weft/testing.hpp>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::with_test_client;
namespace web = weft::web;

std::string seconds() {
  return std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(weft::clock::now().time_since_epoch()).count()) +
         " ";
}

TEST(WebPeriodicTask, ComesAtMultiplesOfItsInterval) {
  web::app app;
  std::string trace;
  app.provide(trace);
  app.every(10s, "short", [](web::use<std::string> to) { *to += seconds(); });
  with_test_client(app, [](web::test_client&) -> task<> { co_await weft::sleep(35s); });
  EXPECT_EQ(trace, "10 20 30 ");
}

TEST(WebPeriodicTask, LeavesOutWhatHasPassedWhileItRan) {
  web::app app;
  std::string trace;
  app.every(10s, "long",
            [&]() -> task<> {
              trace += seconds();
              co_await weft::sleep(15s);
            },
            {.at_once = true});
  with_test_client(app, [](web::test_client&) -> task<> { co_await weft::sleep(50s); });
  EXPECT_EQ(trace, "0 20 40 ");
  EXPECT_THROW(app.every(0s, "never", [] {}), std::invalid_argument);
}

TEST(WebPeriodicTask, GoesOnAfterAnError) {
  web::app app;
  int calls = 0;
  app.every(1s, "fails", [&] {
    ++calls;
    throw std::runtime_error{"not this time"};
  });
  weft::testing::run(
      [&]() -> task<> {
        co_await weft::with(web::test_client{app}, [](web::test_client&) -> task<> { co_await weft::sleep(3500ms); });
      },
      {.may_report = true});
  EXPECT_EQ(calls, 3);
}

TEST(WebPeriodicTask, EndsWithTheServerInItsTime) {
  std::string trace;
  const auto serve = [&](std::chrono::seconds limit) {
    web::app app{{.background_timeout = limit}};
    app.every(1s, "work", [&]() -> task<> {
      trace += "began ";
      co_await weft::sleep(8s);
      trace += "ended ";
    });
    with_test_client(app, [](web::test_client&) -> task<> { co_await weft::sleep(1500ms); });
  };
  serve(10s);
  EXPECT_EQ(trace, "began ended ");
  trace.clear();
  serve(5s);
  EXPECT_EQ(trace, "began ");
}

}  // namespace
