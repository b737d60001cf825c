#include <gtest/gtest.h>

#include <string>
#include <support/certificates.hpp>

#include "docs/guide.hpp"

#define main main_of_tls_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/tls.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(TlsGuide, ShowsTheExampleAsItIsCompiled) { weft::testing::expect_shows("docs/tls.md", "examples/tls.cpp"); }

TEST(TlsGuide, SaysWhatTheExamplePrints) {
  weft::testing::authority ca{"an authority"};
  const weft::testing::identity server = ca.issue({.common_name = "a server", .names = {"localhost"}});
  const weft::testing::temporary_text certificate{server.certificate};
  const weft::testing::temporary_text key{server.key};
  const weft::testing::temporary_text authority{ca.certificate()};
  weft::testing::expect_tells("docs/tls.md",
                              [&] { weft::run(serve_and_ask(certificate.path(), key.path(), authority.path())); });
}

}  // namespace
