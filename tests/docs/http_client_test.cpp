#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_http_client_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/http_client.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetHttpClientGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/http-client.md", "examples/http_client.cpp");
}

TEST(NetHttpClientGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/http-client.md", [&] { weft::run(serve_and_ask()); });
}

}  // namespace
