#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/web/detail/provider.hpp>
#include <weft/web/middleware.hpp>

#include "web/route_entry.hpp"
#include "web/route_tree.hpp"
#include "web/session_cookie.hpp"

namespace weft::web::detail {

/// Something that handlers can use.
struct provision {
  const void* key;
  std::unique_ptr<provider> makes;
  bool per_request;
};

/// What an app is made of. It does not change while it is served.
class app_core {
 public:
  std::string title;
  std::string version;
  std::string description;
  std::string openapi_path;
  std::size_t max_body = 0;

  std::vector<std::unique_ptr<route_entry>> routes;
  route_tree finds;
  std::vector<provision> provisions;  ///< those that are made earlier come first
  std::optional<session_cookie> sessions;
  std::vector<std::unique_ptr<middleware>> middlewares;
  std::vector<std::unique_ptr<error_handler>> error_handlers;
};

std::string openapi_document(const app_core& app);

}  // namespace weft::web::detail
