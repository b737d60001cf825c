#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>
#include <weft/core/detail/channel_core.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/errors.hpp>

namespace weft {

namespace detail {
template <class T>
class channel_state;
template <class T>
class channel_send;
template <class T>
class channel_receive;
template <class T>
class channel_receive_some;
}  // namespace detail

/// Something was sent into a channel that is closed.
class channel_closed_error : public error {
 public:
  channel_closed_error();
};

/// A bounded queue between loops on different threads (or on the same one, where queue is faster). Trio's memory
/// channel, Go's chan.
///
/// Copies refer to the same channel; any thread may have one, and use it on its own loop. Items come out in the order
/// in which they went in, and those who wait are served in the order in which they asked, on whatever loop. The
/// wake-ups of one loop go out together. While somebody waits at a channel, a simulated loop does not take itself for
/// deadlocked.
template <class T>
class channel {
 public:
  /// @param capacity how many items it holds; sending waits while it is full. Throws std::invalid_argument for 0.
  explicit channel(std::size_t capacity) : state_{std::make_shared<detail::channel_state<T>>(capacity)} {}

  /// Waits for room and puts the item in. Awaiting throws channel_closed_error if it is closed, also while it waits. A
  /// stop while waiting leaves the line, and the item goes with its awaiter.
  [[nodiscard]] detail::channel_send<T> send(T item) const { return {state_, std::move(item)}; }

  /// Waits for an item; nullopt once the channel is closed and empty. A stop loses no item: one that was on its way
  /// stays the first.
  [[nodiscard]] detail::channel_receive<T> receive() const noexcept { return {state_}; }

  /// Waits for an item and gives all that are there then, but no more than `max`; none once the channel is closed and
  /// empty. What comes in quick succession costs less than by receive(): the loops get into each other's way once for
  /// many items. Throws std::invalid_argument for a `max` of 0. A stop loses no item.
  [[nodiscard]] detail::channel_receive_some<T> receive_some(
      std::size_t max = std::numeric_limits<std::size_t>::max()) const {
    return {state_, max};
  }

  /// Puts the item in if there is room; otherwise it stays where it is. Any thread, with or without a loop. Throws
  /// channel_closed_error.
  bool try_send(T&& item) const { return state_->try_send(item); }
  bool try_send(const T& item) const {
    T copy = item;
    return state_->try_send(copy);
  }
  /// An item if there is one. Any thread, with or without a loop.
  std::optional<T> try_receive() const { return state_->try_receive(); }

  /// Ends sending: those who wait to send get channel_closed_error, and receivers what is left and then nullopt. Any
  /// thread. Harmless when repeated.
  void close() const noexcept { state_->close(); }

  /// How many items are in it now; another thread may change that at once.
  std::size_t size() const noexcept { return state_->size(); }
  std::size_t capacity() const noexcept { return state_->capacity(); }

 private:
  std::shared_ptr<detail::channel_state<T>> state_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

template <class T>
class channel_send_leaf final : public channel_waiter {
 public:
  channel_send_leaf(std::shared_ptr<channel_state<T>> channel, T item)
      : channel_{std::move(channel)}, item_(std::move(item)) {}

  bool await_ready() { return channel_->send_or_wait(*this, nullptr); }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    return !channel_->send_or_wait(*this, waiting.address());
  }
  void await_resume() const {
    if (this->standing_ == channel_waiter::standing::refused) throw channel_closed_error{};
  }
  const char* describe() const noexcept override { return "channel.send"; }

 private:
  friend channel_state<T>;
  channel_core& channel() const noexcept override { return *channel_; }
  void undo(channel_core&) noexcept override {}  // it is in; the sender need not be there any more

  std::shared_ptr<channel_state<T>> channel_;
  T item_;
};

template <class T>
class channel_receive_leaf : public channel_waiter {
 public:
  explicit channel_receive_leaf(std::shared_ptr<channel_state<T>> channel) : channel_{std::move(channel)} {}

  bool await_ready() { return channel_->receive_or_wait(*this, nullptr); }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    return !channel_->receive_or_wait(*this, waiting.address());
  }
  std::optional<T> await_resume() { return std::move(item_); }
  const char* describe() const noexcept override { return "channel.receive"; }

 protected:
  std::shared_ptr<channel_state<T>> channel_;
  std::optional<T> item_;

 private:
  friend channel_state<T>;
  channel_core& channel() const noexcept override { return *channel_; }
  void undo(channel_core&) noexcept override { channel_->put_back(*std::move(item_)); }
};

template <class T>
class channel_receive_some_leaf final : public channel_receive_leaf<T> {
 public:
  channel_receive_some_leaf(std::shared_ptr<channel_state<T>> channel, std::size_t max)
      : channel_receive_leaf<T>{std::move(channel)}, max_{max} {}
  std::vector<T> await_resume() {
    std::vector<T> items;
    if (this->item_) this->channel_->take_more(*std::move(this->item_), items, max_);
    return items;
  }
  const char* describe() const noexcept override { return "channel.receive_some"; }

 private:
  std::size_t max_;
};

template <class T>
class channel_state final : public channel_core {
 public:
  using channel_core::channel_core;

  bool try_send(T& item) {
    bool wakes = false;
    {
      const std::lock_guard held{mutex};
      if (closed()) throw channel_closed_error{};
      if (!put(item)) return false;
      wakes = has_served();
    }
    if (wakes) wake_served();
    return true;
  }

  std::optional<T> try_receive() {
    std::optional<T> item;
    bool wakes = false;
    {
      const std::lock_guard held{mutex};
      item = take();
      wakes = has_served();
    }
    if (wakes) wake_served();
    return item;
  }

  /// Adds `first` and what is in the channel, up to `max` in all.
  void take_more(T first, std::vector<T>& items, std::size_t max) {
    bool wakes = false;
    {
      const std::lock_guard held{mutex};
      items.reserve(items_.size() < max ? items_.size() + 1 : max);
      items.push_back(std::move(first));
      while (items.size() < max && !items_.empty()) items.push_back(*take());
      wakes = has_served();
    }
    if (wakes) wake_served();
  }

  /// True if it is over; else the leaf stands in line if there is a frame.
  bool send_or_wait(channel_send_leaf<T>& sender, void* frame) {
    bool wakes = false;
    bool waits = false;
    {
      const std::lock_guard held{mutex};
      if (closed()) {
        sender.standing_ = channel_waiter::standing::refused;
        return true;
      }
      if (!put(sender.item_)) {
        if (frame == nullptr) return false;
        join(senders_, sender);
        waits = true;
      }
      wakes = has_served();
    }
    if (waits) sender.stand(frame);  // first: another thread may have served it already
    if (wakes) wake_served();
    return !waits;
  }

  bool receive_or_wait(channel_receive_leaf<T>& receiver, void* frame) {
    bool wakes = false;
    bool waits = false;
    {
      const std::lock_guard held{mutex};
      receiver.item_ = take();
      if (!receiver.item_ && !closed()) {
        if (frame == nullptr) return false;
        join(receivers_, receiver);
        waits = true;
      }
      wakes = has_served();
    }
    if (waits) receiver.stand(frame);  // first: another thread may have served it already
    if (wakes) wake_served();
    return !waits;
  }

  /// The mutex is held: an item that its receiver did not take is the first again.
  void put_back(T item) {
    if (!receivers_.empty()) {
      hand_over(item);
    } else {
      items_.push_front(std::move(item));
    }
  }

  std::size_t size() {
    const std::lock_guard held{mutex};
    return items_.size();
  }

 private:
  bool put(T& item) {
    if (!receivers_.empty()) {
      hand_over(item);
    } else if (items_.size() < capacity() && senders_.empty()) {
      items_.push_back(std::move(item));
    } else {
      return false;
    }
    return true;
  }
  std::optional<T> take() {
    std::optional<T> item;
    if (items_.empty()) return item;
    item.emplace(std::move(items_.front()));
    items_.pop_front();
    if (!senders_.empty() && items_.size() < capacity()) {
      auto& sender = static_cast<channel_send_leaf<T>&>(serve_first(senders_, channel_waiter::standing::served));
      items_.push_back(std::move(sender.item_));
    }
    return item;
  }
  void hand_over(T& item) {
    auto& receiver = static_cast<channel_receive_leaf<T>&>(serve_first(receivers_, channel_waiter::standing::served));
    receiver.item_.emplace(std::move(item));
  }

  std::deque<T> items_;
};

/// What send() and receive() give: descriptions, so that they can be passed on before they are awaited.
template <class T>
class [[nodiscard("send does nothing until it is awaited")]] channel_send {
 public:
  channel_send(std::shared_ptr<channel_state<T>> channel, T item)
      : channel_{std::move(channel)}, item_(std::move(item)) {}
  channel_send_leaf<T> operator co_await() & { return channel_send_leaf<T>{channel_, std::move(item_)}; }
  // Threads share the count of the pointer: copying it would cost more than all the rest.
  channel_send_leaf<T> operator co_await() && { return channel_send_leaf<T>{std::move(channel_), std::move(item_)}; }

 private:
  std::shared_ptr<channel_state<T>> channel_;
  T item_;
};

template <class T>
class [[nodiscard("receive does nothing until it is awaited")]] channel_receive {
 public:
  channel_receive(std::shared_ptr<channel_state<T>> channel) noexcept  // NOLINT(google-explicit-constructor)
      : channel_{std::move(channel)} {}
  channel_receive_leaf<T> operator co_await() const& { return channel_receive_leaf<T>{channel_}; }
  channel_receive_leaf<T> operator co_await() && { return channel_receive_leaf<T>{std::move(channel_)}; }

 private:
  std::shared_ptr<channel_state<T>> channel_;
};

template <class T>
class [[nodiscard("receive_some does nothing until it is awaited")]] channel_receive_some {
 public:
  channel_receive_some(std::shared_ptr<channel_state<T>> channel, std::size_t max)
      : channel_{std::move(channel)}, max_{max} {
    if (max == 0) throw std::invalid_argument{"channel.receive_some needs room for at least one item"};
  }
  channel_receive_some_leaf<T> operator co_await() const& { return channel_receive_some_leaf<T>{channel_, max_}; }
  channel_receive_some_leaf<T> operator co_await() && {
    return channel_receive_some_leaf<T>{std::move(channel_), max_};
  }

 private:
  std::shared_ptr<channel_state<T>> channel_;
  std::size_t max_;
};

}  // namespace detail
}  // namespace weft
