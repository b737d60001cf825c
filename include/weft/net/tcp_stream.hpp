#pragma once

#include <chrono>
#include <cstddef>
#include <weft/net/byte_stream.hpp>
#include <weft/net/endpoint.hpp>

namespace weft {

/// A TCP connection; see byte_stream for reading and writing.
class tcp_stream : public byte_stream {
 public:
  /// A closed stream.
  tcp_stream() noexcept = default;

  /// Takes over the descriptor of a connected stream socket, and makes it non-blocking. Throws std::system_error, and
  /// std::logic_error outside a loop; the descriptor is closed then.
  static tcp_stream from_descriptor(int fd);

  endpoint local_address() const;
  endpoint remote_address() const;

  /// Send small writes at once instead of collecting them (TCP_NODELAY); on from the start.
  void set_no_delay(bool on);
  /// Let the kernel probe a silent peer (SO_KEEPALIVE), first after `idle`, then every `interval`; whole seconds.
  void set_keep_alive(bool on, std::chrono::seconds idle = std::chrono::seconds{60},
                      std::chrono::seconds interval = std::chrono::seconds{10});
  /// Sizes of the kernel's buffers, in bytes (SO_RCVBUF, SO_SNDBUF).
  void set_receive_buffer(std::size_t bytes);
  void set_send_buffer(std::size_t bytes);
  /// Close with a reset instead of an orderly end (SO_LINGER of 0).
  void set_reset_on_close(bool on);
};

}  // namespace weft
