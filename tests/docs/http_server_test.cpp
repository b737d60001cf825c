#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_http_server_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/http_server.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetHttpServerGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/http-server.md", "examples/http_server.cpp");
}

TEST(NetHttpServerGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/http-server.md", [&] { weft::run(serve_notes()); });
}

}  // namespace
