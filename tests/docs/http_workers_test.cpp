#include <gtest/gtest.h>

#include <support/loopback_port.hpp>

#include "docs/guide.hpp"

#define main main_of_http_workers_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/http_workers.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetHttpWorkersGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/http-server.md", "examples/http_workers.cpp");
}

TEST(NetHttpWorkersGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/http-server.md", [] { serve_on_two_cores(weft::testing::unused_port()); });
}

}  // namespace
