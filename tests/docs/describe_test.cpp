#include <gtest/gtest.h>

#include <string>

#include "docs/guide.hpp"

#define main main_of_describe_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/describe.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

using weft::testing::content_of;

TEST(DescribeGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/describe.md", "examples/describe.cpp");
}

TEST(DescribeGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/describe.md", [&] { read_and_write(); });
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
