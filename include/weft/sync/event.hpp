#pragma once

#include <weft/sync/detail/described_wait.hpp>
#include <weft/sync/detail/line_leaf.hpp>

namespace weft {

class event;

namespace detail {
class event_leaf;
using event_wait = described_wait<event_leaf, event>;
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
  [[nodiscard]] detail::event_wait wait() noexcept { return detail::event_wait{*this}; }

  /// Sets the flag and wakes all who wait, in the order in which they came.
  void set() noexcept;
  /// Takes the flag back: later wait() calls wait again.
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

 private:
  friend class detail::event_leaf;
  friend class detail::line_leaf<event>;
  detail::list<detail::line_leaf<event>> line_;
  bool set_ = false;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class event_leaf final : public line_leaf<event> {
 public:
  using line_leaf::line_leaf;
  bool await_ready() const noexcept { return source_->set_; }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "event.wait"; }
};

}  // namespace detail

inline void event::set() noexcept {
  set_ = true;
  while (!line_.empty()) line_.pop_front().wake();
}

}  // namespace weft
