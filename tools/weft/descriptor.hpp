#pragma once

#include <unistd.h>

#include <utility>

namespace weft::tool {

/// Owns a file descriptor, or none.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);  // the standard ones are not ours
  }

  int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace weft::tool
