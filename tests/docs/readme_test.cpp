#include <gtest/gtest.h>

#include <string>

#include "docs/content.hpp"

// Its main() is a function like another here, and not called: it would lack a return.
#define main main_of_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/hello.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

using weft::testing::content_of;

TEST(Readme, ShowsTheExampleAsItIsCompiled) {
  const std::string readme = content_of("../README.md");
  const std::string example = content_of("../examples/hello.cpp");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(readme.find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(Readme, SaysWhatTheExamplePrints) {
  testing::internal::CaptureStdout();
  weft::run(amain());
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(content_of("../README.md").find("```text\n" + printed + "```\n"), std::string::npos) << printed;
}

}  // namespace
