#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "docs/content.hpp"

#define main main_of_describe_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/describe.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

using weft::testing::content_of;

TEST(DescribeGuide, ShowsTheExampleAsItIsCompiled) {
  const std::string example = content_of("../examples/describe.cpp");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(content_of("../docs/describe.md").find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(DescribeGuide, SaysWhatTheExamplePrints) {
  testing::internal::CaptureStdout();
  read_and_write();
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(content_of("../docs/describe.md").find("```text\n" + printed + "```\n"), std::string::npos) << printed;
}

// The second piece of code in the guide: what others make of descriptions.
template <class T>
std::string columns() {
  std::string names;
  weft::for_each_field<T>([&](const auto& field) {
    if (!names.empty()) names += ", ";
    names += field.name();
    if (!field.required()) names += "?";
  });
  return names;
}

TEST(DescribeGuide, ShowsTheVisitor) {
  EXPECT_EQ(columns<webhook>(), "url, retries?");
  EXPECT_NE(content_of("../docs/describe.md").find("  weft::for_each_field<T>([&](const auto& field) {\n"),
            std::string::npos);
}

}  // namespace
