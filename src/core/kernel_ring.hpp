#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weft::detail {

class provided_buffers;

/// Something the kernel carries out. Must live until its last completion.
class kernel_request {
 public:
  /// @param result as the system call's, but errors are negative
  /// @param flags  IORING_CQE_F_MORE among them: this was not the last completion
  virtual void completed(std::int32_t result, std::uint32_t flags) noexcept = 0;

 protected:
  ~kernel_request() = default;
};

/// Where requests are put for the kernel, which gets them together at the end of the round. For the loop's thread only;
/// completions come inside the loop's wait.
class kernel_ring {
 public:
  kernel_ring(const kernel_ring&) = delete;
  kernel_ring& operator=(const kernel_ring&) = delete;

  /// The place of a request, to be filled at once by one of the io_uring_prep_ functions.
  io_uring_sqe& begin(kernel_request& request) noexcept {
    io_uring_sqe& entry = next_entry();
    io_uring_sqe_set_data(&entry, &request);  // no io_uring_prep_ function touches it
    ++outstanding_;
    return entry;
  }
  /// Asks the kernel to give a request up; the request's last completion says how that went.
  void cancel(kernel_request& request) noexcept;
  /// Waits, and lets completions come: for what cannot go on before one has.
  void wait_for_completion() noexcept;

  /// The buffers that this loop's sockets receive into; null if the kernel gives none.
  const std::shared_ptr<provided_buffers>& buffers();
  /// How many tasks wait for descriptors or requests.
  std::size_t& waiting() noexcept { return waiting_; }

 protected:
  /// Throws std::system_error.
  kernel_ring();
  ~kernel_ring();

  bool something_to_do() const noexcept;
  bool has_completions() const noexcept { return io_uring_cq_ready(&ring_) != 0 || !set_aside_.empty(); }
  /// Hands over what has been put in, and returns when there is a completion, or at the latest after `nanoseconds`.
  void enter(std::int64_t nanoseconds);
  void dispatch() noexcept;
  /// Gives up all that is outstanding.
  void drain() noexcept;

  std::size_t waiting_ = 0;

 private:
  io_uring_sqe& next_entry() noexcept;
  void make_room() noexcept;
  void set_completions_aside();
  void dispatch(const io_uring_cqe& completion) noexcept;

  io_uring ring_{};
  std::size_t outstanding_ = 0;
  std::vector<io_uring_cqe> set_aside_;  // to make room in the kernel's queue
  std::shared_ptr<provided_buffers> buffers_;
};

}  // namespace weft::detail
