#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/postgres/connect_options.hpp>

namespace weft::postgres {

namespace detail {
class listener_state;
}

/// What NOTIFY sends.
struct notification {
  std::string channel;
  std::string payload;
  int server_process = 0;  ///< of who sent it
  /// Not from the server: the connection was lost and there is a new one, which listens; what was sent in between is
  /// lost. Channel and payload are empty.
  bool reconnected = false;
};

/// Hears what is sent to channels, on a connection of its own. When that is lost it connects again, as often as it
/// takes, listens again, and says so. Move-only; belongs to one loop; destroying it closes the connection.
class listener {
 public:
  /// Hears nothing.
  listener() noexcept = default;
  listener(listener&&) noexcept = default;
  listener& operator=(listener&& other) noexcept;
  ~listener();

  /// The next notification, in the order of sending; nothing once close() was called and all have been taken. A stop
  /// loses none.
  [[nodiscard]] task<std::optional<notification>> next() const;
  /// Hears another channel as well.
  [[nodiscard]] task<> listen(std::string channel) const;
  void close() noexcept;

  /// For the library's own use.
  explicit listener(std::shared_ptr<detail::listener_state> state) noexcept : state_{std::move(state)} {}

 private:
  std::shared_ptr<detail::listener_state> state_;
};

/// Connects and listens; the channels' names are taken as they are, not folded to small letters. What is sent after
/// this has returned is heard. Throws connection_error. LISTEN; asyncpg's add_listener.
[[nodiscard]] task<listener> listen(std::string where, std::vector<std::string> channels, connect_options how = {});

}  // namespace weft::postgres
