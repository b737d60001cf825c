#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_websocket_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/websocket.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetWebsocketGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/websocket.md", "examples/websocket.cpp");
}

TEST(NetWebsocketGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/websocket.md", [&] { weft::run(serve_and_talk()); });
}

}  // namespace
