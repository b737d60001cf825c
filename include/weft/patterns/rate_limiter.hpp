#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <weft/core/clock.hpp>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/with.hpp>
#include <weft/patterns/detail/recent_time.hpp>

namespace weft {

namespace detail {
class rate_leaf;
class rate_acquire;
}  // namespace detail

/// How fast a rate_limiter lets through: `rate` in each `per`.
struct rate_limit {
  /// How many tokens come in each `per`; more than 0.
  double rate = 10;
  clock::duration per = std::chrono::seconds{1};
  /// How many tokens can be saved up while nobody takes any, and how many there are at first; at least 1. With 1 the
  /// acquisitions are evenly spaced.
  std::ptrdiff_t burst = 1;
};
static_assert(std::is_trivially_destructible_v<rate_limit>);

/// What has happened at a rate_limiter since it was made.
struct rate_statistics {
  std::uint64_t acquired = 0;  ///< acquisitions, at once or after waiting
  std::uint64_t waited = 0;    ///< of these, those that had to wait
  std::uint64_t refused = 0;   ///< by try_acquire
  std::size_t waiting = 0;     ///< now
};

/// Lets things happen at a given rate and not faster: a token bucket. aiolimiter.AsyncLimiter.
///
///     rate_limiter limiter{{.rate = 5, .per = 1s}};
///     co_await limiter.acquire();   // now it is this task's turn
///
/// Waiters get tokens in the order in which they asked; nobody overtakes. The rate is kept over any time: in a time t
/// no more than `burst + rate * t / per` tokens are given out, but for what makes up for waiters that a busy loop woke
/// late, up to 10 ms worth. Belongs to one loop; must outlive its waiters.
class rate_limiter {
 public:
  using options_type = rate_limit;

  /// Throws std::invalid_argument for a rate or time that is not more than 0, a burst below 1, and rates so slow that
  /// the burst would take more than 70 years to fill.
  explicit rate_limiter(const rate_limit& limit = {});
  rate_limiter(const rate_limiter&) = delete;
  rate_limiter& operator=(const rate_limiter&) = delete;

  /// Waits until it may take `tokens` (bytes, or the weight of a request) and takes them; does not suspend if they are
  /// there and nobody waits. Throws std::invalid_argument, at the call, for less than 1 or more than `burst` tokens.
  /// A stop leaves the line; tokens that were on their way go back.
  [[nodiscard]] detail::rate_acquire acquire(std::ptrdiff_t tokens = 1);

  /// Takes the tokens if they are there and nobody waits; never suspends. Throws like acquire().
  [[nodiscard]] bool try_acquire(std::ptrdiff_t tokens = 1);

  /// Acquires a token, then calls `operation()` and awaits the task that it gives. The operation is copied.
  template <class F>
    requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
  [[nodiscard]] auto call(F&& operation);

  /// Changes the rate; those who wait are served at the new one from now on. What was saved up stays, up to the new
  /// burst. A waiter who asked for more than that is served when the bucket is full. Throws like the constructor.
  void set_limit(const rate_limit& limit);
  /// The rate that it keeps.
  const rate_limit& limit() const noexcept { return limit_; }

  /// How many tokens there are.
  double available() const noexcept;
  /// How long it would be until a further acquire() got its token.
  clock::duration delay() const noexcept;
  rate_statistics statistics() const noexcept;

  /// The bucket is full and nobody waits: it might as well be a new one.
  bool idle() const noexcept;

 private:
  friend class detail::rate_leaf;

  void apply(const rate_limit& limit);
  void check_tokens(std::ptrdiff_t tokens) const {
    if (tokens < 1 || tokens > limit_.burst) [[unlikely]]
      refuse_tokens(tokens);
  }
  [[noreturn]] void refuse_tokens(std::ptrdiff_t tokens) const;
  bool try_take(std::ptrdiff_t tokens) noexcept;
  bool try_take_at_present(std::ptrdiff_t tokens) noexcept;
  std::int64_t due(std::ptrdiff_t tokens) const noexcept;
  void give_back(std::ptrdiff_t tokens) noexcept {
    full_at_ -= tokens * interval_;
    serve();
  }
  void join(detail::rate_leaf& waiter, void* frame);
  void leave(detail::rate_leaf& waiter) noexcept;
  void serve() noexcept;

  rate_limit limit_;
  std::int64_t interval_ = 0;  // nanoseconds for one token
  std::int64_t capacity_ = 0;  // nanoseconds for a full bucket
  std::int64_t full_at_;       // when the bucket is full if nobody takes any more
  // The recent time that the latest acquisition from a full bucket went by; see try_take_at_present.
  std::int64_t counted_from_;
  std::uint64_t acquired_ = 0;
  std::uint64_t waited_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t waiting_ = 0;
  std::size_t on_their_way_ = 0;  // served, but have not run yet
  detail::list<detail::rate_leaf> line_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

inline bool rate_limiter::try_take(std::ptrdiff_t tokens) noexcept {
  if (!line_.empty()) [[unlikely]]
    return false;
  const std::int64_t present = detail::recent_time();
  const std::int64_t from = full_at_ > present ? full_at_ : present;
  const std::int64_t until = from + tokens * interval_;
  if (until - present > capacity_) [[unlikely]]
    return try_take_at_present(tokens);
  if (from == present) counted_from_ = present;
  full_at_ = until;
  ++acquired_;
  return true;
}

inline bool rate_limiter::try_acquire(std::ptrdiff_t tokens) {
  check_tokens(tokens);
  if (try_take(tokens)) return true;
  ++refused_;
  return false;
}

namespace detail {

class rate_leaf final : public leaf, public timer, public list_hook<rate_leaf> {
 public:
  rate_leaf(rate_limiter& limiter, std::ptrdiff_t tokens) noexcept : limiter_{&limiter}, tokens_{tokens} {}

  bool await_ready() const noexcept { return limiter_->try_take(tokens_); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    limiter_->join(*this, waiting.address());
  }
  void await_resume() const noexcept {}

  void* run() noexcept override {
    if (phase_ != phase::stopped) --limiter_->on_their_way_;
    return leaf::run();
  }
  void fired() noexcept override { limiter_->serve(); }
  const char* describe() const noexcept override { return "rate_limiter.acquire"; }
  const void* served_in() const noexcept override { return limiter_; }

 private:
  friend class weft::rate_limiter;
  void wait(void* frame) noexcept { suspend(frame); }
  void withdraw() noexcept override { limiter_->leave(*this); }
  void abandon() noexcept override {
    if (phase_ == phase::stopped_when_woken) limiter_->give_back(tokens_);
  }

  rate_limiter* limiter_;
  std::ptrdiff_t tokens_;
};

/// What rate_limiter::acquire gives: a description, so that it can be passed on before it is awaited.
class [[nodiscard("acquire does nothing until it is awaited")]] rate_acquire {
 public:
  rate_acquire(rate_limiter& limiter, std::ptrdiff_t tokens) noexcept : limiter_{&limiter}, tokens_{tokens} {}
  rate_leaf operator co_await() const noexcept { return {*limiter_, tokens_}; }

 private:
  rate_limiter* limiter_;
  std::ptrdiff_t tokens_;
};

template <class R, class F>
task<R> call_at_rate(rate_limiter& limiter, F operation) {
  co_await limiter.acquire();
  co_return co_await as_task(std::invoke(operation));
}

}  // namespace detail

inline detail::rate_acquire rate_limiter::acquire(std::ptrdiff_t tokens) {
  check_tokens(tokens);
  return {*this, tokens};
}

template <class F>
  requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
auto rate_limiter::call(F&& operation) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  using function = std::decay_t<F>;
  return detail::call_at_rate<detail::kept_result_t<std::invoke_result_t<function&>>, function>(
      *this, std::forward<F>(operation));
}

}  // namespace weft
