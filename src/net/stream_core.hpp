#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <weft/net/byte_stream.hpp>

#include "net/receive_buffer.hpp"
#include "net/socket_core.hpp"

namespace weft::detail {

/// What a stream consists of: what was read ahead, what stands in the way, and a transport.
class stream_core : public socket_core {
 public:
  using socket_core::socket_core;

  // The transport. Like the system calls, these give -1 and set errno; EAGAIN means to wait for the descriptor.
  virtual ssize_t receive(std::span<char> room) noexcept = 0;
  /// Into the buffer. Throws std::bad_alloc.
  virtual ssize_t receive_into_buffer();
  /// Takes as much as it can, and says how much. After EAGAIN the same message must come again, and its text live until
  /// then or until the core is closed.
  virtual ssize_t send(const msghdr& message) noexcept = 0;
  /// Sends from a file without a copy, like send(): sendfile(2). 0 if the file has no more.
  virtual ssize_t send_file(int, std::uint64_t, std::size_t) noexcept {
    errno = EOPNOTSUPP;
    return -1;
  }
  virtual bool sends_files() const noexcept { return false; }
  /// Hands what it holds back of what it has taken to the kernel; 0 once there is nothing of it.
  virtual int flush() noexcept { return 0; }
  virtual int shut_down_writing() noexcept = 0;
  virtual int native_handle() const noexcept { return watch.fd; }
  /// From now on receive() and send() are system calls, and EAGAIN means that the descriptor is to be waited for: for
  /// layers over this core. Nobody may read or write meanwhile.
  virtual void use_system_calls() {}

  /// The last receive() took all there was, and nothing has come since.
  bool drained() const noexcept { return watch.reader.drained; }
  /// After a receive() that got less than it had room for.
  void set_drained() noexcept { watch.reader.drained = drains && !watch.troubled; }

  receive_buffer in;
  bool drains = false;  ///< a receive() that gets less than it had room for has taken all there was
  bool at_end = false;
  int lost = 0;  ///< the error that a write met: the kernel tells it once, and reading would seem to come to an end
  bool cannot_read = false;   ///< a large read_exactly was stopped midway
  bool cannot_write = false;  ///< a write was stopped or failed midway
};

}  // namespace weft::detail

namespace weft {

/// Makes streams of their cores.
class stream_access {
 public:
  template <std::derived_from<byte_stream> Stream>
  static Stream make(std::unique_ptr<detail::stream_core> core) {
    Stream stream;
    stream.byte_stream::core_ = std::move(core);
    return stream;
  }
  /// The stream is closed afterwards. Null if it was never opened.
  static std::unique_ptr<detail::stream_core> take(byte_stream&& stream) noexcept { return std::move(stream.core_); }
  static detail::stream_core& core(const byte_stream& stream) {
    return stream.core_ ? *stream.core_ : stream.state();  // which throws
  }
};

}  // namespace weft
