#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/with.hpp>
#include <weft/net/detail/connection_handler.hpp>
#include <weft/net/tcp_listener.hpp>

namespace weft {

namespace detail {

class tcp_server_state;

}  // namespace detail

/// Serves TCP connections inside a block: `with(tcp_server{host, port, handler}, [](tcp_server& server) -> task<>
/// {...})`. asyncio.start_server.
///
/// Each connection runs `handler(tcp_stream)` as a task of its own; the server owns the handler. A handler that fails
/// harms nobody else: its error goes to the loop's exception handler. Entering listens; leaving stops listening,
/// cancels the connections that are still open, and waits for them. When the process has no descriptors left, accepting
/// pauses and goes on when it can.
class tcp_server {
 public:
  /// @param host a name or an address in numbers; a name is listened on at all its addresses. "" is every address of
  ///             the machine, IPv4 and IPv6.
  /// @param port 0: the kernel picks one; see port().
  /// @param handler gives a task<> when called with a tcp_stream.
  template <class F>
    requires detail::serves<F, tcp_stream>
  tcp_server(std::string host, std::uint16_t port, F&& handler, listen_options options = {})
      : tcp_server{
            std::move(host), port,
            std::make_unique<detail::connection_handler_of<tcp_stream, std::decay_t<F>>>(std::forward<F>(handler)),
            options} {}
  tcp_server(tcp_server&& other) noexcept;
  tcp_server& operator=(tcp_server&& other) = delete;
  ~tcp_server();

  /// The port it listens on. Throws std::logic_error before it listens.
  std::uint16_t port() const;
  /// What it listens on.
  std::vector<endpoint> local_addresses() const;
  /// How many connections are open.
  std::size_t connections() const noexcept;
  /// Accepts nothing more; open connections go on. Harmless when repeated.
  void stop_accepting() noexcept;

  /// For with(). Throws std::system_error that names the address, or with a code of resolve_category().
  task<tcp_server&> enter();
  task<> exit();

 private:
  friend class tls_server;
  tcp_server(std::string host, std::uint16_t port, std::unique_ptr<detail::connection_handler<tcp_stream>> handler,
             listen_options options);
  static task<tcp_server&> listen(tcp_server& self);
  std::unique_ptr<detail::tcp_server_state> state_;
};

}  // namespace weft
