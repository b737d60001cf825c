#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/http/prepared_message.hpp>
#include <weft/http/websocket.hpp>

namespace weft::web {

namespace detail {
class broadcast_state;
class subscriber;
}  // namespace detail

/// What becomes of a subscriber that takes messages more slowly than they are published, once its queue is full.
enum class slow_subscriber : std::uint8_t {
  leaves,         ///< it hears no more; its WebSocket stays open
  misses_oldest,  ///< the oldest message in its queue is dropped
  disconnected,   ///< its WebSocket is cut
};

/// How a broadcast treats its subscribers.
struct broadcast_options {
  /// Messages that wait for a subscriber, beside what its WebSocket buffers (websocket_options::send_buffer).
  std::size_t queue = 100;
  slow_subscriber when_full = slow_subscriber::leaves;
};
static_assert(std::is_trivially_destructible_v<broadcast_options>);

/// Sends messages to many WebSockets: a chat room, a feed.
///
///     web::broadcast room;
///     app.websocket("/room", [&](web::websocket& ws) -> task<> {
///       auto seat = room.join(ws);
///       while (auto m = co_await ws.receive()) room.publish(m->text());
///     });
///
/// A message is framed, and compressed for those that want it so, once for all. Publishing never waits, and nobody is
/// held up by a slow subscriber: each has a bounded queue. Everybody gets the messages in the order in which they were
/// published. Belongs to one loop.
class broadcast {
 public:
  class seat;

  explicit broadcast(const broadcast_options& options = {});
  broadcast(const broadcast&) = delete;
  broadcast& operator=(const broadcast&) = delete;
  ~broadcast();

  /// Subscribes a WebSocket until the seat goes out of scope, which must be before the WebSocket does.
  [[nodiscard("it is subscribed as long as the seat lives")]] seat join(http::websocket& ws);

  /// Sends a text to all subscribers. Throws std::invalid_argument for what is not UTF-8.
  void publish(std::string_view text);
  /// Sends a binary message to all subscribers.
  void publish_bytes(std::string_view bytes);
  /// Sends a message that other broadcasts are given as well.
  void publish(const http::prepared_message& message);

  /// How many are subscribed.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  std::shared_ptr<detail::broadcast_state> state_;
};

/// A place in a broadcast; see broadcast::join.
class [[nodiscard]] broadcast::seat {
 public:
  seat(seat&&) noexcept = default;
  seat& operator=(seat&& other) noexcept;
  ~seat();

  /// False once it has been too slow, or its WebSocket has closed.
  [[nodiscard]] bool subscribed() const noexcept;

 private:
  friend class broadcast;
  explicit seat(std::shared_ptr<detail::subscriber> who) noexcept;
  void leave() noexcept;

  std::shared_ptr<detail::subscriber> who_;
};

}  // namespace weft::web
