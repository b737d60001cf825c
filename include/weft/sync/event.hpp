#pragma once

#include <weft/core/detail/leaf.hpp>

namespace weft {

namespace detail {
class event_leaf;
class event_wait;
}  // namespace detail

/// A flag that tasks wait for. asyncio.Event.
/// Belongs to one loop; must outlive its waiters.
class event {
 public:
  event() noexcept = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  /// Waits until the flag is set; does not suspend if it is. Whoever waits when set() is called goes on, even if
  /// clear() follows at once. A stop ends the waiting.
  [[nodiscard]] detail::event_wait wait() noexcept;

  /// Sets the flag and wakes all who wait, in the order in which they came.
  void set() noexcept;
  /// Takes the flag back: later wait() calls wait again.
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

 private:
  friend class detail::event_leaf;
  detail::list<detail::event_leaf> line_;
  bool set_ = false;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class event_leaf final : public leaf, public list_hook<event_leaf> {
 public:
  explicit event_leaf(event& awaited) noexcept : event_{&awaited} {}
  bool await_ready() const noexcept { return event_->set_; }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    event_->line_.push_back(*this);
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "event.wait"; }

 private:
  void withdraw() noexcept override { event_->line_.remove(*this); }

  event* event_;
};

/// What event::wait gives: a description, so that it can be passed on before it is awaited.
class [[nodiscard("wait does nothing until it is awaited")]] event_wait {
 public:
  explicit event_wait(event& awaited) noexcept : event_{&awaited} {}
  event_leaf operator co_await() const noexcept { return event_leaf{*event_}; }

 private:
  event* event_;
};

}  // namespace detail

inline detail::event_wait event::wait() noexcept { return detail::event_wait{*this}; }

inline void event::set() noexcept {
  set_ = true;
  while (!line_.empty()) line_.pop_front().wake();
}

}  // namespace weft
