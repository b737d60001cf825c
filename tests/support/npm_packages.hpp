#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace weft::testing {

/// Where ./dev setup has put what cmake/npm names; empty if npm could not get it, without which weft can be built too.
inline std::string npm_packages() {
  const std::filesystem::path place = std::filesystem::absolute("../build/npm-web/node_modules").lexically_normal();
  return std::filesystem::exists(place / "swagger-ui-dist") ? place.string() : std::string{};
}

}  // namespace weft::testing

/// Skips a test that needs the packages, and says so.
#define WEFT_NEEDS_NPM_PACKAGES() \
  if (weft::testing::npm_packages().empty()) GTEST_SKIP() << "build/npm-web is missing: ./dev setup gets it from npm"
