#include "core/backend.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "core/loop.hpp"

namespace weft::detail {

namespace {

constexpr backend_kind preferred = backend_kind::epoll;

backend_kind named_by_environment() {
  const char* const value = std::getenv("WEFT_BACKEND");
  const std::string_view name = value != nullptr ? value : "";
  if (name.empty()) return backend_kind::automatic;
  if (name == "epoll") return backend_kind::epoll;
  if (name == "io_uring") return backend_kind::io_uring;
  throw std::invalid_argument{"WEFT_BACKEND is \"" + std::string{name} + "\"; it can be epoll or io_uring"};
}

std::unique_ptr<backend> make_what_works() {
  static std::atomic<bool> uring_refused{preferred != backend_kind::io_uring};
  if (!uring_refused.load(std::memory_order_relaxed)) {
    try {
      return make_uring_backend();
    } catch (const std::system_error& e) {
      // What is short now may be had later; what is forbidden stays so.
      if (e.code() != std::errc::too_many_files_open && e.code() != std::errc::not_enough_memory) uring_refused = true;
    }
  }
  return make_epoll_backend();
}

}  // namespace

std::unique_ptr<backend> make_backend(backend_kind wanted) {
  if (wanted == backend_kind::automatic) wanted = named_by_environment();
  switch (wanted) {
    case backend_kind::epoll:
      return make_epoll_backend();
    case backend_kind::io_uring:
      return make_uring_backend();
    case backend_kind::automatic:
      break;
  }
  return make_what_works();
}

}  // namespace weft::detail

namespace weft {

backend_kind current_backend() {
  const detail::loop& here = detail::loop_of(detail::require_loop("current_backend"));
  return here.kernel->ring() != nullptr ? backend_kind::io_uring : backend_kind::epoll;
}

}  // namespace weft
