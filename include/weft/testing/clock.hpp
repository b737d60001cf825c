#pragma once

#include <chrono>
#include <cstdint>
#include <weft/core/clock.hpp>
#include <weft/core/detail/leaf.hpp>

namespace weft::testing {

namespace detail {

/// Waits until there is nothing else to do up to a time.
class idle_leaf final : public weft::detail::leaf, public weft::detail::list_hook<idle_leaf> {
 public:
  explicit idle_leaf(std::int64_t nanoseconds) noexcept : until_{nanoseconds} {}
  bool await_ready() const noexcept { return false; }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    wait(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "testing.advance"; }

  std::int64_t until() const noexcept { return until_; }

 private:
  void wait(void* frame);
  void withdraw() noexcept override;

  std::int64_t until_;  // from now on, until it waits
};

/// What advance() gives: a description, so that it can be passed on before it is awaited.
struct [[nodiscard("advance does nothing until it is awaited")]] advance_by {
  std::int64_t nanoseconds;
  idle_leaf operator co_await() const noexcept { return idle_leaf{nanoseconds}; }
};

}  // namespace detail

/// Moves the simulated clock on by `d`: everything runs that becomes due meanwhile, each thing at its time, and all it
/// makes ready; then this goes on, when all others wait for something later. That is what sleep(d) does not promise,
/// which may go on before others that are due at the same time. With `.clock_by_hand` nothing else moves the clock.
///
///     co_await advance(5s);
///     EXPECT_EQ(cache.size(), 0);   // whatever should have expired has
///
/// A stop ends it at once. Throws std::logic_error, when awaited, outside weft::testing::run and its kin.
template <class Rep, class Period>
detail::advance_by advance(std::chrono::duration<Rep, Period> d) {
  return {weft::detail::nanoseconds_of(d)};
}

/// Waits until all others wait for something: advance() by nothing.
inline detail::advance_by settle() noexcept { return {0}; }

}  // namespace weft::testing
