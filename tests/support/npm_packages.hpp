#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace weft::testing {

/// Where ./dev setup has put what cmake/npm names. Throws if it has not.
inline std::string npm_packages() {
  const std::filesystem::path place = std::filesystem::absolute("../build/npm-web/node_modules").lexically_normal();
  if (!std::filesystem::exists(place / "swagger-ui-dist"))
    throw std::runtime_error{place.string() + " is missing: ./dev setup installs it from npm"};
  return place.string();
}

}  // namespace weft::testing
