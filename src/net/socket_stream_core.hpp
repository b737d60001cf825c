#pragma once

#include <memory>
#include <span>

#include "net/socket_requests.hpp"
#include "net/stream_core.hpp"

namespace weft::detail {

/// A stream over a connected socket.
class socket_stream_core : public stream_core {
 public:
  using stream_core::stream_core;
  ~socket_stream_core() override;

  /// Lets the kernel receive and send by itself, if the loop's back end can. For a connected socket.
  void use_ring();
  void use_system_calls() override;

  ssize_t receive(std::span<char> room) noexcept override;
  ssize_t receive_into_buffer() override;
  ssize_t send(const msghdr& message) noexcept override;
  ssize_t send_file(int file, std::uint64_t offset, std::size_t size) noexcept override;
  bool sends_files() const noexcept override { return true; }
  int shut_down_writing() noexcept override;

  void watch_it() override;
  bool in_kernel() const noexcept override;
  void cancel_in_kernel() noexcept override;
  void wait_for_kernel() noexcept override;

 protected:
  void release(int fd) noexcept override;

 private:
  std::unique_ptr<socket_requests, socket_requests::releaser> requests_;
  bool drains_without_ring_ = false;
};

/// Of a descriptor that is being taken over. Throws std::system_error, and closes it then.
void make_non_blocking(int fd);

}  // namespace weft::detail
