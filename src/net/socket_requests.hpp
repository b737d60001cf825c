#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <weft/core/detail/io_watch.hpp>

#include "core/kernel_ring.hpp"
#include "core/provided_buffers.hpp"
#include "net/receive_buffer.hpp"

namespace weft::detail {

/// What the kernel does by itself for a connected socket: it receives ahead of need, into the buffers that the loop's
/// sockets share, and it sends. Outlives its stream until the kernel is through with it.
class socket_requests {
 public:
  /// What comes in wakes those who wait by `watch`.
  socket_requests(kernel_ring& ring, io_watch& watch);
  socket_requests(const socket_requests&) = delete;
  socket_requests& operator=(const socket_requests&) = delete;

  // Like the system calls: -1 and errno, with EAGAIN for what the kernel will tell of.
  ssize_t receive(std::span<char> room) noexcept;
  /// Into an empty buffer without copying. Throws std::bad_alloc.
  ssize_t receive(receive_buffer& into);
  /// The first call hands the message over; the text must live, and the call be repeated, until one tells the result.
  ssize_t send(const msghdr& message) noexcept;

  /// For what the caller sends itself, with a system call: false while the kernel waits for room.
  bool may_write() noexcept;
  /// After EAGAIN: the kernel tells as it does of a message that it has sent.
  void wait_for_room() noexcept;

  /// A message has been handed over, and the kernel may still read it.
  bool sending() const noexcept { return sending_.state == send_state::in_flight; }
  void cancel_send() noexcept { ring_->cancel(sending_); }
  void wait_for_send() noexcept;

  /// The descriptor is about to be closed.
  void close() noexcept;
  /// Gives up receiving; what has come remains to be received. Waits for the kernel.
  void stop_receiving() noexcept;
  /// Adds what has come to the buffer; false if there is nothing. Throws std::bad_alloc.
  bool receive_what_has_come(receive_buffer& into);
  /// Everything has come that ever will.
  bool ended() const noexcept { return ended_ && line_.length == 0; }

  struct releaser {
    void operator()(socket_requests* requests) const noexcept { requests->release(); }
  };

 private:
  enum class send_state : std::uint8_t { idle, in_flight, done };

  struct receive_request final : kernel_request {
    explicit receive_request(socket_requests& owner) noexcept : requests{&owner} {}
    void completed(std::int32_t result, std::uint32_t flags) noexcept override { requests->received(result, flags); }
    socket_requests* requests;
  };
  struct send_request final : kernel_request {
    explicit send_request(socket_requests& owner) noexcept : requests{&owner} {}
    void completed(std::int32_t result, std::uint32_t) noexcept override { requests->sent(result); }
    socket_requests* requests;
    std::int64_t size = 0;
    std::int32_t outcome = 0;
    send_state state = send_state::idle;
  };
  /// A message in several pieces, as the kernel reads it.
  struct pieces {
    msghdr message;
    std::array<iovec, 16> parts;
  };
  /// The buffers that have come, in order.
  struct line {
    std::uint16_t first;
    std::uint16_t last;
    std::uint16_t length = 0;
  };

  ~socket_requests() = default;
  void release() noexcept;
  void end_if_idle() noexcept;
  bool idle() const noexcept { return !armed_ && !sending(); }
  void received(std::int32_t result, std::uint32_t flags) noexcept;
  void sent(std::int32_t result) noexcept;
  void arm() noexcept;
  void stand_in_line(std::uint16_t id, std::uint32_t size) noexcept;
  std::uint16_t leave_line() noexcept;
  void drop_line() noexcept;
  std::string_view first_in_line() const noexcept;
  ssize_t receive_without_ring(std::span<char> room) noexcept;

  kernel_ring* ring_;
  io_watch* watch_;  // null once released
  std::shared_ptr<provided_buffers> buffers_;
  receive_request receiving_{*this};
  send_request sending_{*this};
  std::unique_ptr<pieces> pieces_;
  line line_;
  std::uint32_t taken_ = 0;  // of the first buffer
  int error_ = 0;
  bool armed_ = false;
  bool giving_up_ = false;  // receiving is being cancelled
  bool starved_ = false;    // there was no free buffer
  bool ended_ = false;
  bool send_cut_ = false;  // the kernel did not send all that it was given
  bool closed_ = false;
};

}  // namespace weft::detail
