#pragma once

#include <optional>
#include <string_view>

namespace weft::web::detail {

/// Swagger UI, as npm's swagger-ui-dist has it, each compressed by gzip.
struct swagger_ui {
  std::string_view script;
  std::string_view style;
};

/// nullopt if it was not there when weft was built.
std::optional<swagger_ui> find_swagger_ui() noexcept;

}  // namespace weft::web::detail
