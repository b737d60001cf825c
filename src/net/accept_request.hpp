#pragma once

#include <cstdint>
#include <deque>
#include <weft/core/detail/io_watch.hpp>

#include "core/kernel_ring.hpp"

namespace weft::detail {

/// Lets the kernel accept by itself, ahead of need. Outlives its listener until the kernel is through with it.
class accept_request final : public kernel_request {
 public:
  /// What comes in wakes who waits to read by `watch`.
  accept_request(kernel_ring& ring, io_watch& watch) noexcept;
  accept_request(const accept_request&) = delete;
  accept_request& operator=(const accept_request&) = delete;

  /// Like the system call: -1 and errno, with EAGAIN for what the kernel will tell of.
  int accept() noexcept;
  /// Accepts nothing more; what the kernel has accepted can still be taken. Waits for the kernel.
  void stop() noexcept;
  /// The descriptor is about to be closed. Waits for the kernel; closes what nobody has taken.
  void close() noexcept;

  struct releaser {
    void operator()(accept_request* request) const noexcept { request->release(); }
  };

 private:
  ~accept_request() = default;
  void release() noexcept;
  void arm() noexcept;
  void completed(std::int32_t result, std::uint32_t flags) noexcept override;

  kernel_ring* ring_;
  io_watch* watch_;
  std::deque<int> accepted_;
  int error_ = 0;
  bool armed_ = false;
  bool giving_up_ = false;
  bool stopped_ = false;
};

}  // namespace weft::detail
