#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/http/static_files.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/web/detail/provider.hpp>
#include <weft/web/middleware.hpp>

#include "web/chores.hpp"
#include "web/metrics.hpp"
#include "web/route_entry.hpp"
#include "web/route_tree.hpp"
#include "web/session_cookie.hpp"
#include "web/trusted_proxies.hpp"

namespace weft::web::detail {

/// Something that handlers can use.
struct provision {
  const void* key;
  std::unique_ptr<provider> makes;
  bool per_request;
};

/// A directory whose files are served.
struct file_tree {
  std::filesystem::path directory;
  http::static_files_options options;  ///< the views are of the strings below
  std::string index;
  std::string cache_control;
};

/// Whether the app can serve now.
struct readiness_check {
  std::string name;
  std::unique_ptr<app_call> call;
};

/// What an app is made of. It does not change while it is served.
class app_core {
 public:
  std::string title;
  std::string version;
  std::string description;
  std::string openapi_path;
  std::size_t max_body = 0;
  std::size_t upload_memory = 0;
  std::size_t max_fields = 0;
  std::chrono::nanoseconds background_timeout{0};

  std::vector<std::unique_ptr<route_entry>> routes;
  route_tree finds;
  std::vector<provision> provisions;  ///< those that are made earlier come first
  std::optional<session_cookie> sessions;
  std::vector<std::unique_ptr<middleware>> middlewares;
  std::vector<std::unique_ptr<error_handler>> error_handlers;
  std::optional<trusted_proxies> proxies;
  std::optional<rate_limit> rate;  ///< for each client
  std::vector<std::unique_ptr<file_tree>> files;
  std::vector<periodic_call> periodic;
  std::vector<readiness_check> readiness;
  std::unique_ptr<metrics_registry> metrics;
};

std::string openapi_document(const app_core& app);

}  // namespace weft::web::detail
