#pragma once

#include <memory>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>
#include <weft/http/client.hpp>
#include <weft/http/websocket.hpp>
#include <weft/http/websocket_options.hpp>

namespace weft::http {

/// A client's WebSocket inside a block. websockets.connect, aiohttp.ClientSession.ws_connect.
///
///     co_await weft::with(weft::http::websocket_connection("wss://example.org/chat"),
///                         [](weft::http::websocket& ws) -> weft::task<> {
///                           co_await ws.send("hello");
///                           ...
///                         });
///
/// Entering connects and shakes hands. Leaving performs the closing handshake, which takes
/// websocket_options::close_timeout at the most, with the code normal; going_away after a stop, internal_error after an
/// error. Move-only.
class websocket_connection {
 public:
  /// With the system's authorities and the environment's proxies, as a client has them that was given no options.
  /// @param url ws or wss; http and https stand for them.
  /// @throws url_error for another URL, std::invalid_argument for options that cannot be.
  explicit websocket_connection(std::string_view url, const websocket_options& options = {});
  /// As `via` does it: its TLS and proxies, its way to connect, its header fields and cookies, its base_url. Its limits
  /// on time are for connecting only.
  websocket_connection(client via, std::string_view url, const websocket_options& options = {});
  websocket_connection(websocket_connection&& other) noexcept;
  websocket_connection& operator=(websocket_connection&&) = delete;
  ~websocket_connection();

  /// Adds a header field to the request. Throws std::invalid_argument for one that cannot be sent.
  websocket_connection& header(std::string_view name, std::string_view value) &;
  websocket_connection&& header(std::string_view name, std::string_view value) && {
    return std::move(header(name, value));
  }

  /// For with(). Throws websocket_refused if the server does not open a WebSocket, request_error if there is no
  /// connection to it, timeout_error.
  task<websocket&> enter();
  task<> exit(const exit_reason& how);

 private:
  struct state;
  static task<websocket&> open(state& self);
  static task<> shake_hands(state& self);
  static task<> leave(state& self, exit_reason how);
  std::unique_ptr<state> state_;
};

}  // namespace weft::http
