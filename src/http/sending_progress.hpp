#pragma once

#include <cstdint>

namespace weft::http::detail {

/// What tells how far the peer of a connected socket has taken what it was sent.
struct sending_progress {
  std::uint64_t taken = 0;   ///< bytes that it has taken, where the kernel counts them (TCP)
  std::uint64_t queued = 0;  ///< bytes that wait in the kernel

  static sending_progress of(int socket) noexcept;
};

}  // namespace weft::http::detail
