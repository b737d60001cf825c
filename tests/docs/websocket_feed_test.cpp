#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_websocket_feed_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/websocket_feed.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetWebsocketFeedGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/websocket.md", "examples/websocket_feed.cpp");
}

TEST(NetWebsocketFeedGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/websocket.md", [&] { weft::run(publish_and_read()); });
}

}  // namespace
