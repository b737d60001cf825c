#pragma once

#include <liburing.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/buffer_lender.hpp"

namespace weft::detail {

/// Memory that the kernel receives into: it picks a buffer when data has come, so that a socket that waits for data
/// holds none. One for each loop; streams that outlive the loop keep it alive.
class provided_buffers final : public buffer_lender {
 public:
  static constexpr std::size_t buffer_size = std::size_t{16} << 10;
  static constexpr std::uint16_t count = 128;
  static constexpr std::uint16_t group = 0;

  /// Throws std::system_error, std::bad_alloc.
  explicit provided_buffers(io_uring& ring);
  provided_buffers(const provided_buffers&) = delete;
  provided_buffers& operator=(const provided_buffers&) = delete;
  ~provided_buffers();

  /// Where the data of a completion is.
  const char* at(std::uint16_t id) const noexcept { return memory_ + id * buffer_size; }
  static std::uint16_t id_of(std::uint32_t completion_flags) noexcept {
    return static_cast<std::uint16_t>(completion_flags >> IORING_CQE_BUFFER_SHIFT);
  }
  void give_back(std::uint16_t id) noexcept override;

  /// The ring is about to end.
  void end() noexcept { ended_ = true; }

  /// What a filled buffer holds, and what comes after it on its socket: for whoever has a line of them.
  struct filled {
    std::uint32_t size;
    std::uint16_t next;
  };
  filled& about(std::uint16_t id) noexcept { return about_[id]; }

 private:
  io_uring_buf_ring* ring_ = nullptr;
  char* memory_ = nullptr;
  std::size_t mapped_ = 0;
  bool ended_ = false;
  std::array<filled, count> about_{};
};

}  // namespace weft::detail
