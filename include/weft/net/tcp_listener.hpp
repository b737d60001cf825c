#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>
#include <weft/net/detail/accept_leaf.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/net/tcp_stream.hpp>

namespace weft {

/// How a port is listened on.
struct listen_options {
  /// How many connections may wait to be accepted; the system has a limit of its own.
  int backlog = 4096;
  /// Let other sockets, of this process or others, listen on the same port and share its connections (SO_REUSEPORT).
  bool reuse_port = false;
  /// Accepted connections send small writes at once (TCP_NODELAY).
  bool no_delay = true;
};
static_assert(std::is_trivially_destructible_v<listen_options>);

namespace detail {

class listener_core;

class tcp_accept_leaf final : public accept_leaf {
 public:
  explicit tcp_accept_leaf(listener_core& listener) noexcept;
  tcp_stream await_resume();
  const char* describe() const noexcept override { return "tcp_listener.accept"; }
};

struct [[nodiscard("accept does nothing until it is awaited")]] tcp_accept_operation {
  listener_core* listener;
  tcp_accept_leaf operator co_await() const noexcept { return tcp_accept_leaf{*listener}; }
};

}  // namespace detail

/// A socket that accepts TCP connections. Move-only; the destructor closes it. Belongs to the loop on which it was
/// made. tcp_server is the comfortable way; this is for accept loops of one's own.
class tcp_listener {
 public:
  /// Listens on one address; port 0 lets the kernel pick one. An IPv6 listener takes no IPv4 connections. Throws
  /// std::system_error, and std::logic_error outside a loop.
  explicit tcp_listener(const endpoint& at, listen_options options = {});
  /// Takes over a socket that listens already, and makes it non-blocking; see inherited_descriptors. Throws
  /// std::system_error if it is none, and std::logic_error outside a loop.
  explicit tcp_listener(owned_descriptor listening);
  tcp_listener(tcp_listener&& other) noexcept;
  tcp_listener& operator=(tcp_listener&& other) noexcept;
  ~tcp_listener();

  /// Waits for a connection. Throws std::system_error; too_many_files_open and its kin pass when descriptors become
  /// free, and the connection waits meanwhile. A stop loses no connection. One task at a time.
  [[nodiscard]] detail::tcp_accept_operation accept();

  /// The connections that had come and were not accepted, after which it stops listening as close() does: so none is
  /// lost. Throws std::bad_alloc.
  [[nodiscard]] std::vector<tcp_stream> close_and_take();
  /// Stops listening: connections that were not accepted are reset. Harmless when repeated.
  void close() noexcept;
  /// The socket, which it keeps; -1 once closed.
  int native_handle() const noexcept;
  /// What it is bound to, with the port that was picked.
  endpoint local_address() const;

 private:
  std::unique_ptr<detail::listener_core> core_;
};

}  // namespace weft
