#pragma once

#include <cstdint>
#include <weft/core/detail/event_loop.hpp>

namespace weft::detail {

/// What a coroutine waits for: lives in the awaiter, in the waiting coroutine's frame.
///
/// It is ready when something calls wake(), or when a stop takes it off its waiting place; either way it takes its turn
/// in the ready queue and the coroutine is resumed or unwound then. A stop that comes while the wake-up is pending
/// wins.
class leaf : public node {
 public:
  enum class phase : std::uint8_t {
    waiting,
    woken,              // in the ready queue
    stopped,            // in the ready queue; had not been woken
    stopped_when_woken  // in the ready queue; what it had been given must be handed on
  };

  /// The stop has come. Default: leave the place where this waits, then take a turn in the ready queue to unwind.
  virtual void on_stop() noexcept;

  /// What is waited for, in the words of the interface ("lock.acquire"), for deadlock_error and the tree of tasks.
  virtual const char* describe() const noexcept = 0;

  void* run() noexcept override;
  bool is_step() const noexcept final { return true; }

  /// The scope inside, if this is a boundary.
  virtual scope* scope_inside() noexcept { return nullptr; }
  /// Leaves the place where it waits for good: its frame is about to be destroyed.
  void forget() noexcept {
    if (phase_ == phase::waiting) withdraw();
  }

  /// The waiting coroutine's frame.
  void* frame() const noexcept { return frame_; }
  scope& in_scope() const noexcept { return *promise_of(frame_).in_scope; }
  event_loop& loop() const noexcept { return *in_scope().loop; }

  /// Puts it into the ready queue; it must be waiting.
  void wake() noexcept { wake_on(loop()); }
  /// The same where its loop is known: it takes three steps through memory to find.
  void wake_on(event_loop& home) noexcept {
    phase_ = phase::woken;
    home.push(*this);
  }
  bool waiting() const noexcept { return phase_ == phase::waiting; }
  bool woken() const noexcept { return phase_ == phase::woken || phase_ == phase::stopped_when_woken; }
  /// Given up by its task, which has not run since.
  bool stopping() const noexcept { return phase_ == phase::stopped || phase_ == phase::stopped_when_woken; }

 protected:
  leaf() = default;
  ~leaf() = default;

  /// To be called by await_suspend once the leaf stands where wake() can come from.
  void suspend(void* frame) noexcept {
    frame_ = frame;
    phase_ = phase::waiting;
    scope& in = *promise_of(frame).in_scope;
    in.waiting_on = this;
    if (in.stop_requested) on_stop();
  }

  /// Leaves the place where it waits, because of a stop: nothing may wake it any more.
  virtual void withdraw() noexcept {}
  /// Called in its turn, before the coroutine is unwound: hands on what it had been given (see stopped_when_woken).
  virtual void abandon() noexcept {}

  void* frame_ = nullptr;
  phase phase_ = phase::waiting;

 private:
  [[gnu::noinline]] void* run_to_unwind() noexcept;
};

inline void scope::request_stop() noexcept {
  if (stop_requested) return;
  stop_requested = true;
  if (waiting_on != nullptr) waiting_on->on_stop();
}

}  // namespace weft::detail
