#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <weft/core/task.hpp>
#include <weft/web/detail/app_call.hpp>
#include <weft/web/periodic.hpp>

namespace weft::web::detail {

class server_core;

/// What is done again and again while an app is served.
struct periodic_call {
  std::string name;
  std::chrono::nanoseconds interval;
  std::unique_ptr<app_call> call;
  periodic_options options;
};

/// Calls by itself what the app wants to be called, and measures the loop for the metrics.
void start_chores(server_core& server);

/// Calls one of the app's own functions.
task<bool> call_for(server_core& server, app_call& what);

}  // namespace weft::web::detail
