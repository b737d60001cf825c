#include <algorithm>
#include <stdexcept>
#include <utility>
#include <weft/core/channel.hpp>

#include "core/loop.hpp"

namespace weft {
namespace detail {

/// A loop that has waited at a channel. Its waiters that have been served are woken in one go.
class channel_port {
 public:
  explicit channel_port(std::shared_ptr<loop_shared> loop) : loop_{std::move(loop)} {}
  const std::shared_ptr<loop_shared>& loop() const noexcept { return loop_; }

  list<channel_waiter> served;
  std::size_t waiting = 0;    // in a line or served
  bool wake_pending = false;  // on its way to the loop

 private:
  std::shared_ptr<loop_shared> loop_;
};

namespace {

/// Wakes the served waiters of a loop, on its thread.
class wake_up final : public posted {
 public:
  wake_up(std::shared_ptr<channel_core> channel, channel_port& port) : channel_{std::move(channel)}, port_{&port} {}
  void* run() noexcept override {
    list<channel_waiter> woken;
    {
      const std::lock_guard held{channel_->mutex};
      port_->wake_pending = false;
      std::swap(woken, port_->served);
    }
    loop->current = nullptr;
    while (!woken.empty()) woken.pop_front().wake();
    delete this;
    return nullptr;
  }

 private:
  std::shared_ptr<channel_core> channel_;
  channel_port* port_;
};

}  // namespace

channel_core::channel_core(std::size_t capacity) : capacity_{capacity} {
  if (capacity == 0) throw std::invalid_argument{"a channel needs room for at least one item"};
}
channel_core::~channel_core() = default;

channel_port& channel_core::port_of_this_loop() {
  const std::shared_ptr<loop_shared> here = loop_of(require_loop("a channel")).shared;
  const auto known = std::find_if(ports_.begin(), ports_.end(), [&](const auto& p) { return p->loop() == here; });
  if (known != ports_.end()) return **known;
  // Loops that have ended leave ports behind; they go when there are new ones.
  std::erase_if(ports_, [](const auto& p) { return p->waiting == 0 && !p->wake_pending; });
  ports_.push_back(std::make_unique<channel_port>(here));
  return *ports_.back();
}

void channel_core::join(line& at, channel_waiter& waiter) {
  channel_port& port = port_of_this_loop();
  waiter.line_ = &at;
  waiter.port_ = &port;
  waiter.standing_ = channel_waiter::standing::in_line;
  at.push_back(waiter);
  ++port.waiting;
  port.loop()->add_handle();  // somebody outside may wake it
}

channel_waiter& channel_core::serve_first(line& at, channel_waiter::standing how) noexcept {
  channel_waiter& first = at.pop_front();
  first.standing_ = how;
  first.port_->served.push_back(first);
  must_wake_ = true;
  return first;
}

void channel_core::wake_served() noexcept {
  const class loop* const here = this_thread_loop != nullptr ? &loop_of(*this_thread_loop) : nullptr;
  for (;;) {
    std::shared_ptr<loop_shared> loop;
    owned<wake_up> wake;
    {
      const std::lock_guard held{mutex};
      must_wake_ = false;
      const auto port = std::find_if(ports_.begin(), ports_.end(),
                                     [](const auto& p) { return !p->served.empty() && !p->wake_pending; });
      if (port == ports_.end()) return;
      if (here != nullptr && (*port)->loop() == here->shared) {
        while (!(*port)->served.empty()) (*port)->served.pop_front().wake();
        continue;
      }
      (*port)->wake_pending = true;
      loop = (*port)->loop();
      wake = make_owned<wake_up>(shared_from_this(), **port);
    }
    try {
      loop->post(std::move(wake));
    } catch (const loop_closed_error&) {  // NOLINT(bugprone-empty-catch): nobody waits on that loop any more
    }
  }
}

void channel_core::leave(channel_waiter& waiter) noexcept {
  --waiter.port_->waiting;
  waiter.port_->loop()->drop_handle();
}

void channel_core::close() noexcept {
  {
    const std::lock_guard held{mutex};
    closed_ = true;
    while (!receivers_.empty()) serve_first(receivers_, channel_waiter::standing::refused);
    while (!senders_.empty()) serve_first(senders_, channel_waiter::standing::refused);
  }
  wake_served();
}

void* channel_waiter::run() noexcept {
  if (phase_ == phase::woken) {
    const std::lock_guard held{channel().mutex};
    channel().leave(*this);
  }
  return leaf::run();
}

void channel_waiter::withdraw() noexcept {
  channel_core& from = channel();
  {
    const std::lock_guard held{from.mutex};
    if (standing_ == standing::in_line) {
      line_->remove(*this);
    } else {
      port_->served.remove(*this);
      if (standing_ == standing::served) undo(from);
    }
    from.leave(*this);
  }
  from.wake_served();
}

/// The stop came when the wake-up was in this loop's own queue.
void channel_waiter::abandon() noexcept {
  if (phase_ != phase::stopped_when_woken) return;
  channel_core& from = channel();
  {
    const std::lock_guard held{from.mutex};
    if (standing_ == standing::served) undo(from);
    from.leave(*this);
  }
  from.wake_served();
}

}  // namespace detail

channel_closed_error::channel_closed_error() : error{"the channel is closed"} {}

}  // namespace weft
