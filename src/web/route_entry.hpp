#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/web/detail/endpoint.hpp>

namespace weft::web::detail {

/// A route: what it matches, what answers, and what was said about it.
class route_entry {
 public:
  route_entry(std::string of_method, std::string of_path, std::unique_ptr<endpoint> answers)
      : method{std::move(of_method)},
        path{std::move(of_path)},
        answering{std::move(answers)},
        description{answering->describe()} {}

  const std::string method;
  std::string path;                          ///< as it was given
  std::vector<std::string> wanted_names;     ///< what the handler takes from the path
  std::vector<std::string> parameter_names;  ///< in the path, in order
  const std::unique_ptr<endpoint> answering;
  const route_description description;

  std::string summary;
  std::string long_description;
  std::vector<std::string> tags;
  int status = 0;  ///< of what is no response of its own; 0 for what is usual
  bool hidden = false;
  std::chrono::nanoseconds timeout{0};
  std::size_t max_body = 0;
  std::size_t max_concurrent = 0;
  std::optional<rate_limit> rate;  ///< for each client
  bool exempt = false;             ///< from the app's own rate limit
  std::size_t number = 0;          ///< among the app's routes
};

std::unique_ptr<route_entry> make_route(std::string_view method, std::string_view path,
                                        std::unique_ptr<endpoint> answers, const std::vector<std::string_view>& names);

}  // namespace weft::web::detail
