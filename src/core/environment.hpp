#pragma once

#include <cstdlib>
#include <string_view>

namespace weft::detail {

/// True if an environment variable is set to something else than nothing or 0.
inline bool switched_on(const char* variable) noexcept {
  const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr && *value != '\0' && std::string_view{value} != "0";
}

}  // namespace weft::detail
