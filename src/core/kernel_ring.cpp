#include "core/kernel_ring.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/provided_buffers.hpp"
#include "core/sanitizers.hpp"

#if WEFT_UNDER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace weft::detail {

namespace {

constexpr unsigned submission_entries = 256;
constexpr unsigned completion_entries = 4096;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error{error, std::generic_category(), std::string{"io_uring: "} + what};
}

/// Operations that the library cannot do without; the others came with kernels that have these.
constexpr std::array needed{IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_ACCEPT, IORING_OP_SEND,
                            IORING_OP_RECV,     IORING_OP_SENDMSG,      IORING_OP_READ,   IORING_OP_WRITE,
                            IORING_OP_OPENAT,   IORING_OP_FSYNC};

void check_operations(io_uring& ring) {
  io_uring_probe* const probe = io_uring_get_probe_ring(&ring);
  if (probe == nullptr) fail(ENOSYS, "the kernel does not say what it can do");
  bool all = true;
  for (const int operation : needed) all = all && io_uring_opcode_supported(probe, operation) != 0;
  io_uring_free_probe(probe);
  if (!all) fail(ENOSYS, "the kernel lacks operations");
}

#if WEFT_UNDER_TSAN
// liburing maps and unmaps memory by system calls of its own, which ThreadSanitizer does not see: where one thread's
// ring was, another's may lie next, and their uses of it would seem to be a race. So each page is handed on.
void for_each_page(const io_uring& ring, void (*tell)(void*)) {
  constexpr std::size_t page = 4096;
  const auto each_of = [tell](void* begin, std::size_t size) {
    for (std::size_t at = 0; at < size; at += page) tell(static_cast<char*>(begin) + at);
  };
  each_of(ring.sq.ring_ptr, ring.sq.ring_sz);
  each_of(ring.cq.ring_ptr, ring.cq.ring_sz);
  each_of(ring.sq.sqes, submission_entries * sizeof(io_uring_sqe));
}
void take_memory_over(const io_uring& ring) { for_each_page(ring, &__tsan_acquire); }
void leave_memory(const io_uring& ring) { for_each_page(ring, &__tsan_release); }
#else
void take_memory_over(const io_uring&) {}
void leave_memory(const io_uring&) {}
#endif

}  // namespace

kernel_ring::kernel_ring() {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                     IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  parameters.cq_entries = completion_entries;
  if (const int status = io_uring_queue_init_params(submission_entries, &ring_, &parameters); status < 0) {
    fail(-status, "the system refuses it");
  }
  take_memory_over(ring_);
  try {
    static std::atomic<bool> has_all{false};
    if (!has_all.load(std::memory_order_relaxed)) check_operations(ring_);
    has_all.store(true, std::memory_order_relaxed);
    (void)io_uring_register_ring_fd(&ring_);  // saves a look-up for each call; does without
    set_aside_.reserve(completion_entries);
  } catch (...) {
    leave_memory(ring_);
    io_uring_queue_exit(&ring_);
    throw;
  }
}

kernel_ring::~kernel_ring() {
  if (buffers_) buffers_->end();
  leave_memory(ring_);
  io_uring_queue_exit(&ring_);
}

const std::shared_ptr<provided_buffers>& kernel_ring::buffers() {
  if (!buffers_) buffers_ = std::make_shared<provided_buffers>(ring_);
  return buffers_;
}

// ---- putting in -----------------------------------------------------------------------------------------------------

io_uring_sqe& kernel_ring::next_entry() noexcept {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    make_room();
    entry = io_uring_get_sqe(&ring_);
  }
  return *entry;
}

/// Hands over what has been put in, before the round is over.
void kernel_ring::make_room() noexcept {
  const int status = io_uring_submit(&ring_);
  if (status >= 0 || status == -EINTR) return;
  if (status == -EBUSY || status == -EAGAIN) {  // it waits for its completions to be taken
    set_completions_aside();
    (void)io_uring_get_events(&ring_);
    return;
  }
  std::fprintf(stderr, "weft: io_uring_submit: %s\n", std::generic_category().message(-status).c_str());
  std::abort();
}

void kernel_ring::set_completions_aside() {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring_, head, completion) {
    set_aside_.push_back(*completion);
    ++count;
  }
  io_uring_cq_advance(&ring_, count);
}

void kernel_ring::cancel(kernel_request& request) noexcept {
  io_uring_sqe& entry = next_entry();
  io_uring_prep_cancel(&entry, &request, 0);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = 0;
}

// ---- completions ----------------------------------------------------------------------------------------------------

bool kernel_ring::something_to_do() const noexcept {
  return io_uring_sq_ready(&ring_) != 0 || io_uring_cq_ready(&ring_) != 0 || !set_aside_.empty() ||
         (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void kernel_ring::enter(std::int64_t nanoseconds) {
  int status = 0;
  if (nanoseconds == 0 || !set_aside_.empty()) {
    status = io_uring_submit_and_get_events(&ring_);
  } else if (nanoseconds < 0) {
    status = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    io_uring_cqe* first = nullptr;
    status = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  }
  if (status < 0 && status != -EINTR && status != -ETIME && status != -EBUSY && status != -EAGAIN) {
    fail(-status, "io_uring_enter");
  }
}

void kernel_ring::dispatch(const io_uring_cqe& completion) noexcept {
  auto* const request = static_cast<kernel_request*>(io_uring_cqe_get_data(&completion));
  if (request == nullptr) return;  // what was to be cancelled had gone already
  if ((completion.flags & IORING_CQE_F_MORE) == 0) --outstanding_;
  request->completed(completion.res, completion.flags);
}

void kernel_ring::dispatch() noexcept {
  if (!set_aside_.empty()) {
    for (const io_uring_cqe& completion : std::exchange(set_aside_, {})) dispatch(completion);
  }
  // Only what is there now, and each is taken before it is told of: whoever is told may put in so much that completions
  // must be set aside.
  for (unsigned left = io_uring_cq_ready(&ring_); left != 0; --left) {
    io_uring_cqe* first = nullptr;
    if (io_uring_peek_cqe(&ring_, &first) != 0 || first == nullptr) return;
    const io_uring_cqe completion = *first;
    io_uring_cqe_seen(&ring_, first);
    dispatch(completion);
  }
}

void kernel_ring::wait_for_completion() noexcept {
  try {
    enter(-1);
  } catch (const std::system_error& e) {
    std::fprintf(stderr, "weft: %s\n", e.what());
    std::abort();  // the kernel may still write to what is about to be freed
  }
  dispatch();
}

void kernel_ring::drain() noexcept {
  if (outstanding_ == 0) return;
  io_uring_sqe& entry = next_entry();
  io_uring_prep_cancel(&entry, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  entry.user_data = 0;
  while (outstanding_ != 0) wait_for_completion();
}

}  // namespace weft::detail
