#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <weft/core/with.hpp>
#include <weft/net/detail/connection_handler.hpp>
#include <weft/net/unix_listener.hpp>

namespace weft {

namespace detail {
class unix_server_state;
}

/// Serves connections at a Unix socket's path inside a block: `with(unix_server{path, handler}, [](unix_server& server)
/// -> task<> {...})`. asyncio.start_unix_server.
///
/// Like tcp_server: each connection runs `handler(unix_stream)` as a task of its own; the server owns the handler. A
/// handler that fails harms nobody else: its error goes to the loop's exception handler. Entering listens, see
/// unix_listener; leaving stops listening, removes the socket's file, cancels the connections that are still open, and
/// waits for them.
class unix_server {
 public:
  /// @param path see unix_listener.
  /// @param handler gives a task<> when called with a unix_stream.
  template <class F>
    requires detail::serves<F, unix_stream>
  unix_server(std::string path, F&& handler, unix_listen_options options = {})
      : unix_server{
            std::move(path),
            std::make_unique<detail::connection_handler_of<unix_stream, std::decay_t<F>>>(std::forward<F>(handler)),
            options} {}
  unix_server(unix_server&& other) noexcept;
  unix_server& operator=(unix_server&& other) = delete;
  ~unix_server();

  /// The path it was given.
  const std::string& path() const noexcept;
  /// How many connections are open.
  std::size_t connections() const noexcept;
  /// Accepts nothing more, and removes the socket's file; open connections go on. Harmless when repeated.
  void stop_accepting() noexcept;

  /// For with(). Throws what unix_listener throws.
  unix_server& enter();
  task<> exit();

 private:
  unix_server(std::string path, std::unique_ptr<detail::connection_handler<unix_stream>> handler,
              unix_listen_options options);
  std::unique_ptr<detail::unix_server_state> state_;
};

}  // namespace weft
