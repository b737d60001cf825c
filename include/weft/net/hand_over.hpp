#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <weft/core/channel.hpp>
#include <weft/net/detail/connection_handler.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/net/tcp_stream.hpp>

namespace weft {

/// A TCP connection on its way from one loop to another: it belongs to none. Move-only; the destructor closes it.
class tcp_handover {
 public:
  /// Takes the connection off the loop that it belongs to; what was read ahead goes with it. The stream is closed
  /// afterwards. Throws std::logic_error, and leaves the stream as it is, while somebody waits to read or write, and
  /// for one that is closed.
  explicit tcp_handover(tcp_stream&& connection);

  /// Makes it a stream again, on the loop that runs here. Throws std::logic_error outside a loop, and the second time.
  [[nodiscard]] tcp_stream take();

 private:
  owned_descriptor fd_;
  endpoint remote_;
  std::string unread_;
  bool at_end_ = false;
  bool cannot_read_ = false;
  bool cannot_write_ = false;
};

namespace detail {
task<> send_handover(channel<tcp_handover> to, tcp_stream connection);
task<> serve_handed_over(channel<tcp_handover> from, std::unique_ptr<connection_handler<tcp_stream>> handler);
}  // namespace detail

/// A handler for tcp_server that serves nothing itself: it sends each connection into the channel, from where
/// serve_handed_over() takes it on another loop. When the channel is closed, connections are closed too.
///
///     weft::channel<weft::tcp_handover> accepted{1000};
///     weft::run_workers(4, [&](weft::worker& self) -> weft::task<> {
///       if (self.index() != 0) co_return co_await weft::serve_handed_over(accepted, handle);
///       co_await weft::with(weft::tcp_server{"", 8080, weft::hand_over_to(accepted)},
///                           [&](weft::tcp_server&) -> weft::task<> { co_await weft::serve_handed_over(accepted,
///                           handle); });
///     });
///
/// The other way to spread connections over loops is listen_options::reuse_port: each has a tcp_server of its own for
/// the same port, and the kernel chooses one for each connection, by its addresses. That costs nothing, but pays no
/// regard to how busy a loop is; a busy loop comes for its next connection here later than an idle one.
inline auto hand_over_to(channel<tcp_handover> to) {
  return [to = std::move(to)](tcp_stream connection) -> task<> {
    return detail::send_handover(to, std::move(connection));
  };
}

/// Serves the connections that come through the channel, each by `handler(tcp_stream)` in a task of its own, on the
/// loop that runs here. Any number of loops may do so with one channel.
///
/// Returns when the channel is closed and all its connections have ended. A stop cancels those that are open, and waits
/// for them. A handler that fails harms nobody else: its error goes to the loop's exception handler.
template <class F>
  requires detail::serves<F, tcp_stream>
[[nodiscard]] task<> serve_handed_over(channel<tcp_handover> from, F&& handler) {
  return detail::serve_handed_over(
      std::move(from),
      std::make_unique<detail::connection_handler_of<tcp_stream, std::decay_t<F>>>(std::forward<F>(handler)));
}

}  // namespace weft
