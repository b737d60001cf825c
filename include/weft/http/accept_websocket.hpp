#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/http/websocket.hpp>
#include <weft/http/websocket_options.hpp>

namespace weft::http {

namespace detail {

/// What a server does with a WebSocket, in place of the HTTP connection that it was.
class websocket_handler : public successor {
 public:
  websocket_handler() noexcept;
  ~websocket_handler() override;
  task<> serve(byte_stream connection, event& draining) final;
  virtual task<> handle(websocket& ws) = 0;

  /// What is known of the WebSocket before it is open.
  struct beginning;
  void begin_with(std::unique_ptr<beginning> how) noexcept;

 private:
  std::unique_ptr<beginning> begins_;
};

template <class F>
class websocket_handler_of final : public websocket_handler {
 public:
  explicit websocket_handler_of(F function) : function_(std::move(function)) {}
  task<> handle(websocket& ws) override { return function_(ws); }

 private:
  F function_;
};

template <class F>
concept serves_websocket = std::same_as<std::invoke_result_t<std::decay_t<F>&, websocket&>, task<>>;

server_response accept_websocket(const server_request& request, std::unique_ptr<websocket_handler> handler,
                                 const websocket_options& options);

}  // namespace detail

/// A server's WebSocket: the answer to a request that asks for one. Starlette's websocket routes, aiohttp.web's
/// WebSocketResponse.
///
///     weft::task<weft::http::server_response> handle(weft::http::server_request& request) {
///       if (request.path() == "/echo") co_return weft::http::accept_websocket(request, echo);
///       ...
///     }
///
/// The handler runs as long as it likes; it is given the WebSocket, open, and owned by what serves it. The closing
/// handshake follows it, with the code normal; internal_error after an error, which goes to the loop's exception
/// handler. That the peer has gone or broken the protocol is no error: websocket_error may leave the handler, and if it
/// turns out while nobody receives, the handler is stopped. When the server drains, the peer is told to close with
/// going_away, and receive() gives nullopt once it has.
///
/// A request that RFC 6455 (section 4.2) does not allow gets a refusal: 400, 403 for its origin, 426 if it does not ask
/// for a WebSocket or for another version than 13.
/// @param handler gives a task<> when called with a websocket&.
template <class F>
  requires detail::serves_websocket<F>
[[nodiscard]] server_response accept_websocket(const server_request& request, F&& handler,
                                               const websocket_options& options = {}) {
  return detail::accept_websocket(
      request, std::make_unique<detail::websocket_handler_of<std::decay_t<F>>>(std::forward<F>(handler)), options);
}

}  // namespace weft::http
