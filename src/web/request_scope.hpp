#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <weft/core/with.hpp>
#include <weft/web/background_tasks.hpp>
#include <weft/web/detail/provider.hpp>

namespace weft::web::detail {

class server_core;

/// What belongs to a request and lives until its response has been sent: what was made for it, and what is to follow.
class request_scope {
 public:
  explicit request_scope(server_core& of) noexcept : server_{of} {}
  request_scope(const request_scope&) = delete;
  request_scope& operator=(const request_scope&) = delete;
  /// Starts the background tasks, and lets go what was made.
  ~request_scope();

  background_tasks background;
  std::vector<std::pair<const void*, std::unique_ptr<provided>>> made;
  bool answered = false;  ///< the handler has given an answer

  /// The handler has thrown: lets go what was made, at once.
  static task<> fail(request_scope& self, std::exception_ptr error);

 private:
  server_core& server_;
};

/// Ends a handler's preparations: its request is refused for the problems that were noted.
struct request_refused {};

/// Ends them too: the request has no credentials.
struct unauthorized {
  std::string challenge;
};

/// The last that was made first.
task<> let_go(std::vector<std::pair<const void*, std::unique_ptr<provided>>> made, exit_reason how);

}  // namespace weft::web::detail
