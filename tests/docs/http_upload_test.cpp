#include <gtest/gtest.h>

#include "docs/guide.hpp"

#define main main_of_http_upload_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/http_upload.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(NetHttpUploadGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/http-client.md", "examples/http_upload.cpp");
}

TEST(NetHttpUploadGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/http-client.md", [&] { weft::run(serve_and_send()); });
}

}  // namespace
