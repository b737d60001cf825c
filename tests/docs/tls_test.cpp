#include <gtest/gtest.h>

#include <string>
#include <support/certificates.hpp>

#include "docs/content.hpp"

#define main main_of_tls_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/tls.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

using weft::testing::content_of;

TEST(TlsGuide, ShowsTheExampleAsItIsCompiled) {
  const std::string example = content_of("../examples/tls.cpp");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(content_of("../docs/tls.md").find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(TlsGuide, SaysWhatTheExamplePrints) {
  weft::testing::authority ca{"an authority"};
  const weft::testing::identity server = ca.issue({.common_name = "a server", .names = {"localhost"}});
  const weft::testing::temporary_text certificate{server.certificate};
  const weft::testing::temporary_text key{server.key};
  const weft::testing::temporary_text authority{ca.certificate()};
  testing::internal::CaptureStdout();
  weft::run(serve_and_ask(certificate.path(), key.path(), authority.path()));
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(content_of("../docs/tls.md").find("```text\n" + printed + "```\n"), std::string::npos) << printed;
}

}  // namespace
