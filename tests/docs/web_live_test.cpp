#include <gtest/gtest.h>

#include <support/browser.hpp>

#include "docs/guide.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#define main main_of_chat_example   // NOLINT(readability-identifier-naming)
#include "../../examples/chat.cpp"  // NOLINT(bugprone-suspicious-include)
#undef main
#define main main_of_jobs_example   // NOLINT(readability-identifier-naming)
#include "../../examples/jobs.cpp"  // NOLINT(bugprone-suspicious-include)
#undef main
#pragma GCC diagnostic pop

namespace {

TEST(NetWebLiveGuide, ShowsTheExamplesAsTheyAreCompiled) {
  weft::testing::expect_shows("docs/web-live.md", "examples/chat.cpp");
  weft::testing::expect_shows("docs/web-live.md", "examples/jobs.cpp");
}

TEST(NetWebLiveGuide, SaysWhatTheChatPrints) {
  weft::testing::expect_tells("docs/web-live.md", [] { weft::run(serve_chat()); });
}

TEST(NetWebLiveGuide, SaysWhatTheJobRunnerPrints) {
  weft::testing::expect_tells("docs/web-live.md", [] { weft::run(run_jobs()); });
}

TEST(NetWebLiveGuideBrowser, ShowsTheChatToTwoPages) {
  weft::run([]() -> task<> {
    web::app app;
    web::broadcast room;
    add_chat(app, room);
    co_await weft::with(app.server(), [&room](web::server& server) -> task<> {
      co_await weft::testing::with_browser([&](weft::testing::browser& chromium) -> task<> {
        auto ada = co_await chromium.open(server.url() + "/");
        auto bob = co_await chromium.open(server.url() + "/");
        while (room.size() < 2) co_await weft::sleep(1ms);

        co_await ada.type("#from", "ada");
        co_await ada.type("#text", "<b>Is anybody there?</b>");
        co_await ada.click("button");
        co_await bob.until("document.querySelectorAll('#lines li').length === 1");
        co_await bob.type("#from", "bob");
        co_await bob.type("#text", "I am.");
        co_await bob.click("button");
        for (auto* const each : {&ada, &bob}) {
          co_await each->until("document.querySelectorAll('#lines li').length === 2");
          EXPECT_EQ(
              co_await each->evaluate("[...document.querySelectorAll('#lines li')].map((line) => line.innerText)"),
              R"(["ada: <b>Is anybody there?</b>","bob: I am."])");
          EXPECT_EQ(each->requests_beyond(server.url()), "");
          EXPECT_EQ(each->complaints(), "");
        }
      });
    });
  }());
}

}  // namespace
