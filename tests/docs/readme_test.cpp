#include <gtest/gtest.h>

#include "docs/guide.hpp"

// Its main() is a function like another here, and not called: it would lack a return.
#define main main_of_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/hello.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(Readme, ShowsTheExampleAsItIsCompiled) { weft::testing::expect_shows("README.md", "examples/hello.cpp"); }

TEST(Readme, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("README.md", [&] { weft::run(amain()); });
}

}  // namespace
