#pragma once

#include <cstdint>
#include <utility>
#include <weft/core/detail/leaf.hpp>

#include "core/kernel_ring.hpp"
#include "core/loop.hpp"

namespace weft::detail {

/// An operation that the kernel carries out while the coroutine waits.
class ring_leaf : public leaf, public kernel_request {
 public:
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    start(waiting.address());
  }
  /// What the system call would have given, but errors are negative.
  int await_resume() const noexcept { return result_; }

  /// Asks the kernel to give up; the stop goes on when it has.
  void on_stop() noexcept override;
  void* run() noexcept override;
  const char* describe() const noexcept override { return what_; }

 protected:
  ring_leaf(kernel_ring& ring, const char* what) noexcept : ring_{&ring}, what_{what} {}
  ~ring_leaf() = default;

 private:
  virtual void prepare(io_uring_sqe& entry) noexcept = 0;
  virtual void take(int result) noexcept = 0;

  void start(void* frame) noexcept;
  void completed(std::int32_t result, std::uint32_t flags) noexcept override;
  void withdraw() noexcept override;

  kernel_ring* ring_;
  const char* what_;
  int result_ = 0;
  bool under_way_ = false;
};

/// @param prepare fills in the entry, with one of the io_uring_prep_ functions
/// @param take    is given the result at once, also when the task that waits for it is being stopped: what the
///                operation has brought is not lost then
template <class Prepare, class Take>
class ring_call final : public ring_leaf {
 public:
  ring_call(kernel_ring& ring, const char* what, Prepare prepare, Take take) noexcept
      : ring_leaf{ring, what}, prepare_{std::move(prepare)}, take_{std::move(take)} {}

 private:
  void prepare(io_uring_sqe& entry) noexcept override { prepare_(entry); }
  void take(int result) noexcept override { take_(result); }

  [[no_unique_address]] Prepare prepare_;
  [[no_unique_address]] Take take_;
};

/// The ring of the loop that runs on this thread; null if its back end has none.
inline kernel_ring* ring_of_this_loop() { return loop_of(require_loop("a file operation")).kernel->ring(); }

}  // namespace weft::detail
