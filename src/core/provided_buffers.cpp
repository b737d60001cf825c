#include "core/provided_buffers.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace weft::detail {

namespace {

constexpr std::size_t ring_bytes = provided_buffers::count * sizeof(io_uring_buf);

}  // namespace

provided_buffers::provided_buffers(io_uring& ring) : mapped_{ring_bytes + count * buffer_size} {
  void* const mapped = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "io_uring: memory for receiving"};
  ring_ = static_cast<io_uring_buf_ring*>(mapped);  // at the beginning of a page, as the kernel demands
  memory_ = static_cast<char*>(mapped) + ring_bytes;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
  registration.ring_entries = count;
  registration.bgid = group;
  if (const int status = io_uring_register_buf_ring(&ring, &registration, 0); status < 0) {
    ::munmap(mapped, mapped_);
    throw std::system_error{-status, std::generic_category(), "io_uring: buffers for receiving"};
  }
  io_uring_buf_ring_init(ring_);
  for (std::uint16_t id = 0; id < count; ++id) {
    io_uring_buf_ring_add(ring_, memory_ + id * buffer_size, buffer_size, id, count - 1, id);
  }
  io_uring_buf_ring_advance(ring_, count);
}

provided_buffers::~provided_buffers() { ::munmap(ring_, mapped_); }

void provided_buffers::give_back(std::uint16_t id) noexcept {
  if (ended_) return;
  io_uring_buf_ring_add(ring_, memory_ + id * buffer_size, buffer_size, id, count - 1, 0);
  io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace weft::detail
