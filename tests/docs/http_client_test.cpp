#include <gtest/gtest.h>

#include <string>

#include "docs/content.hpp"

#define main main_of_http_client_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/http_client.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

using weft::testing::content_of;

TEST(NetHttpClientGuide, ShowsTheExampleAsItIsCompiled) {
  const std::string example = content_of("../examples/http_client.cpp");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(content_of("../docs/http-client.md").find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(NetHttpClientGuide, SaysWhatTheExamplePrints) {
  testing::internal::CaptureStdout();
  weft::run(serve_and_ask());
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(content_of("../docs/http-client.md").find("```text\n" + printed + "```\n"), std::string::npos) << printed;
}

}  // namespace
