#include <deque>
#include <system_error>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/http/websocket_error.hpp>
#include <weft/web/broadcast.hpp>

#include "http/websocket_core.hpp"

namespace weft::web {

namespace detail {

using http::detail::websocket_core;

class subscriber : public weft::detail::list_hook<subscriber>, public std::enable_shared_from_this<subscriber> {
 public:
  explicit subscriber(std::shared_ptr<websocket_core> socket) noexcept : to{std::move(socket)} {}

  std::shared_ptr<websocket_core> to;
  std::deque<http::prepared_message> waiting;
  std::shared_ptr<broadcast_state> of;  ///< null once it hears no more
  bool sending = false;
};

class broadcast_state {
 public:
  explicit broadcast_state(const broadcast_options& how) noexcept : options{how} {}

  static void remove(subscriber& who) noexcept {
    if (!who.of) return;
    who.of->subscribers.remove(who);
    --who.of->count;
    who.waiting.clear();
    who.of.reset();
  }

  const broadcast_options options;
  weft::detail::list<subscriber> subscribers;
  std::size_t count = 0;
};

namespace {

/// Sends what waits for a subscriber, as it has room.
task<> send_waiting(std::shared_ptr<subscriber> who) {
  try {
    while (!who->waiting.empty()) {
      const http::prepared_message next = std::move(who->waiting.front());
      who->waiting.pop_front();
      co_await who->to->send(next.frames());
    }
  } catch (const http::websocket_error&) {
    broadcast_state::remove(*who);
  } catch (const std::system_error&) {
    broadcast_state::remove(*who);
  }
  who->sending = false;
}

void wait_for_room(subscriber& who, const http::prepared_message& next) {
  const broadcast_options& options = who.of->options;
  if (who.waiting.size() >= options.queue) {
    if (options.when_full != slow_subscriber::misses_oldest || who.waiting.empty()) {
      if (options.when_full == slow_subscriber::disconnected) who.to->break_off("it was too slow");
      return broadcast_state::remove(who);
    }
    who.waiting.pop_front();
  }
  who.waiting.push_back(next);
}

void publish_to(broadcast_state& room, const http::prepared_message& message) {
  for (subscriber* each = room.subscribers.front(); each != nullptr;) {
    subscriber& who = *each;
    each = weft::detail::list<subscriber>::after(who);
    try {
      if (!who.sending && who.to->try_send(message.frames())) continue;
    } catch (const http::websocket_error&) {
      broadcast_state::remove(who);
      continue;
    }
    wait_for_room(who, message);
    if (who.of && !std::exchange(who.sending, true))
      create_task(send_waiting(who.shared_from_this()), {.name = "web::broadcast"});
  }
}

}  // namespace
}  // namespace detail

broadcast::broadcast(const broadcast_options& options) : state_{std::make_shared<detail::broadcast_state>(options)} {}
broadcast::~broadcast() = default;

broadcast::seat broadcast::join(http::websocket& ws) {
  auto who = std::make_shared<detail::subscriber>(ws.shared_core());
  who->of = state_;
  state_->subscribers.push_back(*who);
  ++state_->count;
  return seat{std::move(who)};
}

void broadcast::publish(std::string_view text) { publish(http::prepared_message::of_text(text)); }
void broadcast::publish_bytes(std::string_view bytes) { publish(http::prepared_message::of_bytes(bytes)); }
void broadcast::publish(const http::prepared_message& message) { detail::publish_to(*state_, message); }

std::size_t broadcast::size() const noexcept { return state_->count; }

broadcast::seat::seat(std::shared_ptr<detail::subscriber> who) noexcept : who_{std::move(who)} {}
broadcast::seat& broadcast::seat::operator=(seat&& other) noexcept {
  if (this != &other) {
    leave();
    who_ = std::move(other.who_);
  }
  return *this;
}
broadcast::seat::~seat() { leave(); }
void broadcast::seat::leave() noexcept {
  if (who_) detail::broadcast_state::remove(*who_);
}
bool broadcast::seat::subscribed() const noexcept { return who_ && who_->of; }

}  // namespace weft::web
