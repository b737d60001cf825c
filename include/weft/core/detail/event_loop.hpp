#pragma once

#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <utility>
#include <weft/core/detail/list.hpp>
#include <weft/core/detail/node.hpp>
#include <weft/core/detail/scope.hpp>
#include <weft/core/detail/timer.hpp>

namespace weft::detail {

class task_owner;
class posted;
class loop_shared;

/// One thread's loop, as far as inlined code needs to see it; the rest is in src/core/loop.hpp.
class event_loop {
 public:
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Makes `n` take its turn in the next round, behind what is ready already.
  void push(node& n) noexcept {
    if (debug) [[unlikely]]
      return push_checked(n);  // in the end, so that callers have nothing to save for it
    push_unchecked(n);
  }

  /// The same on a loop that is not in debug mode.
  void push_unchecked(node& n) noexcept {
    n.next = nullptr;
    *tail_ = &n;
    tail_ = &n.next;
  }

  /// The time of the loop's clock, in nanoseconds.
  std::int64_t now() const noexcept;
  /// The time as the loop last read it, a few steps ago at most: for what is asked so often that reading the clock
  /// would be most of its cost. It does not advance inside a step.
  std::int64_t recent_time() noexcept {
    if (!recent_time_known_) [[unlikely]]
      read_recent_time();
    return recent_time_;
  }

  void arm(timer& t, std::int64_t deadline) {
    if (debug) [[unlikely]]
      return arm_checked(t, deadline);
    arm_unchecked(t, deadline);
  }
  void disarm(timer& t) noexcept { timers_.disarm(t); }

  /// The coroutine frame to run next, before anything else of the ready queue does: how g++ code passes control on.
  void* next_frame = nullptr;
  /// The scope that runs now; null in plain callbacks.
  scope* current = nullptr;
  /// True while destructors run because of a stop.
  bool unwinding = false;
  /// Checks and reports that cost time.
  bool debug = false;
  /// Tasks carry notes for debugging aids.
  bool watched = false;
  /// They start with notes, or with a context to inherit. All are in debug mode.
  bool tasks_carry_more = false;
  /// Where the loop's random numbers stand; 0 before the first. See next_random in patterns/random.hpp.
  std::uint64_t random_state = 0;
  /// The owners that have tasks on this loop, in the order in which they got their first.
  list<task_owner> owners;
  /// The owner of tasks that were created without a group; they are cancelled and waited for when `run` ends.
  task_owner* root_owner = nullptr;
  /// The number of the loop's youngest task; see next_task_number.
  std::uint32_t task_number = 0;
  /// Things that may make something ready though the loop sees nothing coming: jobs on threads, files.
  std::uint32_t outside_work = 0;
  /// Hands an error that nobody can catch to the loop's exception handler.
  void report(const char* message, const std::exception_ptr& error, const std::string& task = {}) noexcept;

  /// Ends the program with a message if this is not the loop's thread: the damage is done already.
  void check_thread() const noexcept;
  /// Tells the exception handler of a coroutine that was destroyed without having run.
  void report_unawaited(const std::source_location& begin) noexcept;

  /// Resumed to pass on a stop from `unwind_from`: a coroutine cannot destroy itself.
  struct unwinder {
    void (*resume)(void* self);
    void (*unused)(void* self) = nullptr;
    event_loop* loop;
    void* unwind_from = nullptr;
  } unwinder;

 protected:
  event_loop();
  ~event_loop() = default;

  void arm_unchecked(timer& t, std::int64_t deadline) {
    timers_.arm(t, deadline < round_time_ ? round_time_ : deadline);
  }
  // With check_thread().
  void push_checked(node& n) noexcept;
  void arm_checked(timer& t, std::int64_t deadline);

  node* take_ready() noexcept {
    node* first = head_;
    head_ = nullptr;
    tail_ = &head_;
    return first;
  }
  bool has_ready() const noexcept { return head_ != nullptr; }

  void read_recent_time() noexcept {
    recent_time_ = now();
    recent_time_known_ = true;
  }

  node* head_ = nullptr;
  node** tail_ = &head_;
  timer_heap timers_;
  std::int64_t round_time_ = 0;  // when the current round began
  std::int64_t recent_time_ = 0;
  bool recent_time_known_ = false;
  bool simulated_ = false;
  std::int64_t simulated_now_ = 0;
};

extern constinit thread_local event_loop* this_thread_loop __attribute__((tls_model("initial-exec")));

/// What the default exception handler does.
void report_to_stderr(const char* message, const std::exception_ptr& error, const std::string& task) noexcept;

[[noreturn]] void throw_no_loop(const char* what);

/// The loop that runs on this thread. Throws std::logic_error, naming `what`, if none does.
inline event_loop& require_loop(const char* what) {
  if (this_thread_loop == nullptr) [[unlikely]]
    throw_no_loop(what);
  return *this_thread_loop;
}

/// Runs `frame`, and what it passes control to, until none is left that can go on.
void resume_until_suspended(event_loop& loop, void* frame) noexcept;

// Passing control from one coroutine to the next. clang makes a tail call of it under all flags; g++ does so only from
// -O2 on and without sanitizers, so there the loop's trampoline resumes the next frame. The two mix: whatever resumes a
// coroutine then also resumes what next_frame says. (Every await_suspend is a template: its return type is then part of
// its name, so the two compilers' versions never merge in one program.)
#if defined(__clang__)
using transfer = std::coroutine_handle<>;
[[gnu::always_inline]] inline transfer transfer_to(event_loop&, void* frame) noexcept {
  return std::coroutine_handle<>::from_address(frame);
}
#else
using transfer = void;
[[gnu::always_inline]] inline transfer transfer_to(event_loop& loop, void* frame) noexcept { loop.next_frame = frame; }
#endif

}  // namespace weft::detail
