#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/clock.hpp>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/with.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/patterns/retry_hint.hpp>

namespace weft {

enum class circuit_state : std::uint8_t {
  closed,    ///< calls go through
  open,      ///< calls are refused
  half_open  ///< a few calls go through as probes; how they end decides
};

/// "closed", "open" or "half open".
const char* to_string(circuit_state state) noexcept;

/// A circuit breaker refused a call, because those before it have failed. what() says why and until when.
class circuit_open_error : public error, public retry_hint {
 public:
  circuit_open_error(const std::string& text, clock::duration retry_after, std::exception_ptr cause);

  /// How long it is until a call is let through as a probe; zero if a probe is under way and its end decides.
  clock::duration retry_after() const noexcept override { return retry_after_; }
  /// The failure that opened the circuit; null if it was opened by hand.
  const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  clock::duration retry_after_;
  std::exception_ptr cause_;
};

/// A circuit breaker changes its state; what circuit_breaker_options::on_state_change is told.
struct circuit_change {
  circuit_state from;
  circuit_state to;
  /// The failure that brought it about; null if there is none.
  std::exception_ptr cause;
};

/// The default of circuit_breaker_options::failure_if: true for all but std::logic_error (the caller's mistake),
/// cancelled_error and std::bad_alloc, which say nothing about the other side.
bool failure_of_the_other_side(const std::exception_ptr& error) noexcept;

/// When a circuit breaker opens and closes.
struct circuit_breaker_options {
  /// Opens after so many failures in a row; 0: it does not count them.
  int max_failures = 5;
  /// Opens when this share of the calls of the last `window` has failed, in (0, 1]; 0: it does not look.
  double failure_ratio = 0;
  /// The time that failure_ratio looks at; kept in ten parts, the oldest of which is dropped as time goes by.
  clock::duration window = std::chrono::seconds{10};
  /// Fewer calls than these in the window say nothing about the ratio.
  int min_calls = 10;
  /// How long it refuses calls before it lets a probe through; more than 0.
  clock::duration reset_timeout = std::chrono::seconds{30};
  /// How many probes may be under way at the same time; at least 1.
  int max_probes = 1;
  /// How many probes must succeed before it closes; at least 1. One that fails opens it again.
  int probes_to_close = 1;
  /// Says which errors count as failures; others count as successes, since an answer came. Must not throw.
  function_ref<bool(const std::exception_ptr&)> failure_if = &failure_of_the_other_side;
  /// Called at every change, after it: for logs and alarms. What it throws goes to the loop's exception handler.
  function_ref<void(const circuit_change&)> on_state_change = {};
  /// For error texts; copied.
  std::string_view name = {};
};
static_assert(std::is_trivially_destructible_v<circuit_breaker_options>);

/// What has happened at a circuit breaker since it was made.
struct circuit_statistics {
  std::uint64_t succeeded = 0;  ///< calls
  std::uint64_t failed = 0;     ///< calls
  std::uint64_t refused = 0;    ///< calls that were not made
  std::uint64_t opened = 0;     ///< times
  int failures_in_a_row = 0;    ///< now
};

namespace detail {
template <class F>
class circuit_call;
}

/// Stops calling what keeps failing, and tries again later. pybreaker.CircuitBreaker.
///
///     circuit_breaker breaker{{.max_failures = 3, .reset_timeout = 60s}};
///     std::string page = co_await breaker.call([&] { return fetch(url); });
///
/// Closed, it lets calls through and counts failures; when there are too many it opens and refuses calls with
/// circuit_open_error, at once. After reset_timeout it is half open and lets max_probes calls through. A call that was
/// stopped counts neither as success nor as failure; so does one that began before the latest change of state.
/// Belongs to one loop; must outlive its calls.
class circuit_breaker {
 public:
  class ticket;
  using options_type = circuit_breaker_options;

  /// Throws std::invalid_argument for negative numbers, a ratio above 1, times of zero, and if nothing could open it.
  explicit circuit_breaker(const circuit_breaker_options& options = {});
  circuit_breaker(const circuit_breaker&) = delete;
  circuit_breaker& operator=(const circuit_breaker&) = delete;

  /// Awaiting it calls `operation()` and awaits the task that it gives, if the circuit lets it through; else throws
  /// circuit_open_error, and the operation is not called. Gives what the operation gives and throws what it throws; a
  /// stop goes through. The operation is copied (std::ref refers to one).
  template <class F>
    requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
  [[nodiscard]] auto call(F&& operation) {
    static_assert(detail::safe_in_await<F>,
                  "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
    return detail::circuit_call<std::decay_t<F>>{*this, std::forward<F>(operation)};
  }

  /// For what is not one call: leave to go ahead, to be told how it ended. Throws circuit_open_error.
  [[nodiscard]] ticket admit();

  /// An open circuit stays open until a call finds that reset_timeout is over.
  circuit_state state() const noexcept { return state_; }
  /// How long it is until a call is let through; zero unless it is open.
  clock::duration retry_after() const noexcept;
  circuit_statistics statistics() const noexcept;

  /// Opens it by hand, for reset_timeout from now.
  void open();
  /// Closes it by hand, and forgets the failures.
  void close();

  /// Closed, and no failure is remembered: it might as well be a new one.
  bool idle() const noexcept;

 private:
  static constexpr std::int64_t parts = 10;
  struct part {
    std::int64_t number = -parts;  // before all times
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };

  void admit_unless_closed();
  void succeeded(std::uint32_t epoch) noexcept;
  void failed(std::uint32_t epoch, const std::exception_ptr& error) noexcept;
  void given_up(std::uint32_t epoch) noexcept;
  void count(bool failure) noexcept;
  bool ratio_reached() const noexcept;
  std::int64_t present_part() const noexcept;
  void change(circuit_state to, const std::exception_ptr& cause) noexcept;
  [[noreturn]] void refuse(clock::duration retry_after);

  circuit_breaker_options options_;
  circuit_state state_ = circuit_state::closed;
  bool counts_ratio_;
  std::uint32_t epoch_ = 0;  // grows with every change of state
  int failures_in_a_row_ = 0;
  int probes_under_way_ = 0;
  int probes_succeeded_ = 0;
  std::int64_t open_until_ = 0;  // nanoseconds
  circuit_statistics statistics_;
  std::exception_ptr cause_;
  std::string cause_text_;
  std::string name_;
  std::array<part, parts> window_{};
};

/// Leave to go ahead with something, from circuit_breaker::admit(). Say how it ended; one that is destroyed without
/// that counts as neither. Move-only; the breaker must outlive it.
class [[nodiscard]] circuit_breaker::ticket {
 public:
  ticket(ticket&& other) noexcept : breaker_{std::exchange(other.breaker_, nullptr)}, epoch_{other.epoch_} {}
  ticket& operator=(ticket&&) = delete;
  ~ticket() {
    if (breaker_ != nullptr) breaker_->given_up(epoch_);
  }

  void succeeded() noexcept {
    if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->succeeded(epoch_);
  }
  /// With an error that is not one of the other side's (failure_if), it has succeeded.
  void failed(const std::exception_ptr& error) noexcept {
    if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->failed(epoch_, error);
  }

 private:
  friend class circuit_breaker;
  explicit ticket(circuit_breaker& from) noexcept : breaker_{&from}, epoch_{from.epoch_} {}

  circuit_breaker* breaker_;
  std::uint32_t epoch_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

inline circuit_breaker::ticket circuit_breaker::admit() {
  if (state_ != circuit_state::closed) [[unlikely]]
    admit_unless_closed();
  return ticket{*this};
}

inline void circuit_breaker::succeeded(std::uint32_t epoch) noexcept {
  ++statistics_.succeeded;
  if (epoch != epoch_) return;
  failures_in_a_row_ = 0;
  if (state_ != circuit_state::closed) [[unlikely]] {
    --probes_under_way_;
    if (++probes_succeeded_ >= options_.probes_to_close) change(circuit_state::closed, nullptr);
    return;
  }
  if (counts_ratio_) count(false);
}

namespace detail {

/// Runs the operation's task inside the awaiting one, as a plain co_await does, and tells the breaker how it ended
/// without an exception on the way.
template <class F>
class circuit_call_awaiter {
  using work = decltype(as_task(std::declval<std::invoke_result_t<F&>>()));
  using value = typename work::value_type;

 public:
  circuit_call_awaiter(circuit_breaker& breaker, F&& operation) noexcept
      : breaker_{&breaker}, operation_{std::move(operation)} {}
  circuit_call_awaiter(const circuit_call_awaiter&) = delete;
  circuit_call_awaiter& operator=(const circuit_call_awaiter&) = delete;
  ~circuit_call_awaiter() = default;

  bool await_ready() {
    ticket_.emplace(breaker_->admit());
    try {
      child_ = as_task(std::invoke(operation_)).release();
    } catch (...) {
      ticket_->failed(std::current_exception());
      throw;
    }
    return false;
  }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> parent) noexcept {
    promise_base& awaiting = parent.promise();
    promise_base& child = child_.promise();
    child.in_scope = awaiting.in_scope;
    child.continuation = parent.address();
    return transfer_to(*awaiting.in_scope->loop, child_.address());
  }
  value await_resume() {
    const frame_guard guard{child_};
    slot<value>& outcome = child_.promise().outcome;
    if (outcome.has_error()) {
      ticket_->failed(outcome.error());
    } else {
      ticket_->succeeded();
    }
    return outcome.take();
  }

 private:
  circuit_breaker* breaker_;
  std::optional<circuit_breaker::ticket> ticket_;
  std::coroutine_handle<task_promise<value>> child_;
  [[no_unique_address]] F operation_;
};

/// What circuit_breaker::call gives: a description, so that it can be passed on before it is awaited.
template <class F>
class [[nodiscard("call does nothing until it is awaited")]] circuit_call {
 public:
  template <class G>
  circuit_call(circuit_breaker& breaker, G&& operation) : breaker_{&breaker}, operation_{std::forward<G>(operation)} {}
  circuit_call_awaiter<F> operator co_await() { return circuit_call_awaiter<F>{*breaker_, std::move(operation_)}; }

 private:
  circuit_breaker* breaker_;
  F operation_;
};

}  // namespace detail
}  // namespace weft
