#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_web_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/web.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetWebGuide, ShowsTheExampleAsItIsCompiled) { weft::testing::expect_shows("docs/web.md", "examples/web.cpp"); }

TEST(NetWebGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/web.md", [&] { weft::run(run_todo_service()); });
}

}  // namespace
