#include <csignal>
#include <utility>
#include <weft/core/errors.hpp>

namespace weft {

namespace {

std::string describe(std::span<const std::exception_ptr> exceptions) {
  std::string text = std::to_string(exceptions.size()) + (exceptions.size() == 1 ? " error: " : " errors: ");
  const char* separator = "";
  for (const std::exception_ptr& e : exceptions) {
    text.append(separator).append(what(e));
    separator = "; ";
  }
  return text;
}

}  // namespace

cancelled_error::cancelled_error() : error{"what was awaited has been cancelled"} {}
timeout_error::timeout_error() : error{"timed out"} {}
broken_promise_error::broken_promise_error() : error{"the promise went away without a value"} {}
loop_closed_error::loop_closed_error() : error{"the event loop has ended"} {}

interrupted::interrupted(int signal)
    : error{signal == SIGINT ? "interrupted by SIGINT" : "interrupted by SIGTERM"}, signal_{signal} {}

exception_group::exception_group(std::vector<std::exception_ptr> exceptions)
    : error{describe(exceptions)}, exceptions_{std::move(exceptions)} {}

std::string what(const std::exception_ptr& e) {
  if (!e) return "no exception";
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace weft
