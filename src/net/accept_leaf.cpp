#include <unistd.h>

#include <cerrno>
#include <utility>
#include <weft/net/detail/accept_leaf.hpp>

#include "net/listening_core.hpp"

namespace weft::detail {

accept_leaf::accept_leaf(listening_core& listener) noexcept : socket_leaf{listener, direction::read} {}

accept_leaf::~accept_leaf() {
  if (accepted_ >= 0) ::close(accepted_);
}

bool accept_leaf::attempt() noexcept {
  if (!socket_->is_open()) {
    error_ = EBADF;
    return true;
  }
  if (must_yield()) return false;
  for (;;) {
    accepted_ = static_cast<listening_core*>(socket_)->accept(peer_);
    if (accepted_ >= 0) return true;
    switch (errno) {
      case EINTR:
      case ECONNABORTED:
      case EPROTO:
        continue;  // that connection is gone; there may be others
      case EAGAIN:
        return false;
      default:
        error_ = errno;
        return true;
    }
  }
}

int accept_leaf::take() {
  check("accept on");
  return std::exchange(accepted_, -1);
}

}  // namespace weft::detail
