#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#define main main_of_describe_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/describe.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

std::string text_of(const char* path) {
  std::ostringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

TEST(DescribeGuide, ShowsTheExampleAsItIsCompiled) {
  const std::string example = text_of("../examples/describe.cpp");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(text_of("../docs/describe.md").find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(DescribeGuide, SaysWhatTheExamplePrints) {
  testing::internal::CaptureStdout();
  read_and_write();
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(text_of("../docs/describe.md").find("```text\n" + printed + "```\n"), std::string::npos) << printed;
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
  EXPECT_NE(text_of("../docs/describe.md").find("  weft::for_each_field<T>([&](const auto& field) {\n"),
            std::string::npos);
}

}  // namespace
