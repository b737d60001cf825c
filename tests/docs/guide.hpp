#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace weft::testing {

/// The text of a file.
inline std::string content_of(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

/// The page shows the example as it is compiled. Both are paths in the repository.
inline void expect_shows(const std::string& page, const std::string& example) {
  const std::string program = content_of("../" + example);
  ASSERT_FALSE(program.empty()) << example;
  EXPECT_NE(content_of("../" + page).find("```cpp\n" + program + "```\n"), std::string::npos) << page;
}

/// The page tells what `run` prints.
template <class F>
void expect_tells(const std::string& page, F run) {
  ::testing::internal::CaptureStdout();
  run();
  std::fflush(stdout);
  const std::string printed = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(content_of("../" + page).find("```text\n" + printed + "```\n"), std::string::npos) << printed;
}

}  // namespace weft::testing
