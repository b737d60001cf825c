#include <gtest/gtest.h>

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

}  // namespace
