#pragma once

#include <sys/socket.h>

#include <weft/net/tcp_stream.hpp>

#include "net/receive_buffer.hpp"
#include "net/socket_core.hpp"

namespace weft::detail {

/// What a stream consists of.
class stream_core : public socket_core {
 public:
  stream_core(int fd, const endpoint& peer) : socket_core{fd}, remote{peer} {}
  std::string describe() const override { return remote.to_string(); }

  // What the stream asks of its descriptor. Like the system calls, these give -1 and set errno; streams that have no
  // socket (weft::testing) have their own.
  virtual ssize_t receive(std::span<char> room) noexcept;
  virtual ssize_t send(const msghdr& message) noexcept;
  virtual int shut_down_writing() noexcept;
  virtual int set_option(int level, int option, const void* value, socklen_t size) const noexcept;
  virtual endpoint local() const;
  virtual int native_handle() const noexcept { return watch.fd; }

  /// The last recv() took all there was, and nothing has come since.
  bool drained() const noexcept { return watch.reader.drained; }
  /// After a recv() that got less than it had room for: the next one would get EAGAIN.
  void set_drained() noexcept { watch.reader.drained = is_tcp && !watch.troubled; }

  receive_buffer in;
  endpoint remote;
  bool is_tcp = true;  ///< a Unix socket's recv() may end between two messages
  bool at_end = false;
  bool cannot_read = false;   ///< a large read_exactly was stopped midway
  bool cannot_write = false;  ///< a write was stopped or failed midway
};

}  // namespace weft::detail

namespace weft {

/// Makes streams of the library's own sockets.
class stream_access {
 public:
  /// Takes over a connected, non-blocking socket.
  static tcp_stream make(int fd, const endpoint& peer);
  static tcp_stream make(std::unique_ptr<detail::stream_core> core);
};

}  // namespace weft
