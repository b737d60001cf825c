#pragma once

#include <utility>

namespace weft {

/// A file descriptor on its way from one owner to another: what unix_stream receives. Move-only; the destructor closes
/// it. Belongs to no loop: it may go to another thread.
class owned_descriptor {
 public:
  /// None.
  owned_descriptor() noexcept = default;
  /// Takes it over; -1 is none.
  explicit owned_descriptor(int fd) noexcept : fd_{fd} {}
  owned_descriptor(owned_descriptor&& other) noexcept : fd_{other.release()} {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept;
  ~owned_descriptor() { close(); }

  /// The descriptor, which stays its; -1 if there is none.
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// The descriptor, which is the caller's from now on.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Harmless when there is none.
  void close() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace weft
