#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/net/detail/connection_handler.hpp>
#include <weft/net/tcp_server.hpp>
#include <weft/net/tls_stream.hpp>

namespace weft {

/// How a tls_server serves.
struct tls_server_options {
  /// How long a client may take for the handshake; zero: as long as it likes.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds{10};
  listen_options listen = {};
};
static_assert(std::is_trivially_destructible_v<tls_server_options>);

namespace detail {

class tls_server_state;

}  // namespace detail

/// Serves TLS connections inside a block: `with(tls_server{host, port, context, handler}, [](tls_server& server) ->
/// task<> {...})`. asyncio.start_server with ssl.
///
/// Like tcp_server, but that the handler gets a tls_stream after the handshake. Handshakes run side by side; one that
/// fails, or takes too long, closes its connection and harms nobody: it is counted, and on_failed_handshake() tells of
/// it. `context.reload()` makes later connections get a renewed certificate.
class tls_server {
 public:
  /// Told of a handshake that has failed: with whom, and a tls_error, std::system_error or timeout_error.
  using failure_hook = std::function<void(const endpoint& client, const std::exception_ptr& failure)>;

  /// @param host, port as for tcp_server.
  /// @param context a server's; shared with the caller.
  /// @param handler gives a task<> when called with a tls_stream.
  template <class F>
    requires detail::serves<F, tls_stream>
  tls_server(std::string host, std::uint16_t port, tls_context context, F&& handler, tls_server_options options = {})
      : tls_server{
            std::move(host), port, std::move(context),
            std::make_unique<detail::connection_handler_of<tls_stream, std::decay_t<F>>>(std::forward<F>(handler)),
            options} {}
  tls_server(tls_server&& other) noexcept;
  tls_server& operator=(tls_server&& other) = delete;
  ~tls_server();

  /// Calls `hook` in the loop whenever a handshake has failed. It must not throw.
  void on_failed_handshake(failure_hook hook);
  std::uint64_t completed_handshakes() const noexcept;
  std::uint64_t failed_handshakes() const noexcept;

  /// The port it listens on. Throws std::logic_error before it listens.
  std::uint16_t port() const { return server_.port(); }
  /// What it listens on.
  std::vector<endpoint> local_addresses() const { return server_.local_addresses(); }
  /// How many connections are open, those in their handshake included.
  std::size_t connections() const noexcept { return server_.connections(); }
  /// Accepts nothing more; open connections go on. Harmless when repeated.
  void stop_accepting() noexcept { server_.stop_accepting(); }

  /// For with(). Throws what tls_context::load() throws, std::system_error that names the address, or with a code of
  /// resolve_category().
  task<tls_server&> enter();
  task<> exit() { return server_.exit(); }

 private:
  tls_server(std::string host, std::uint16_t port, tls_context context,
             std::unique_ptr<detail::connection_handler<tls_stream>> handler, tls_server_options options);
  static task<tls_server&> listen(tls_server& self);

  std::shared_ptr<detail::tls_server_state> state_;
  tcp_server server_;
};

}  // namespace weft
