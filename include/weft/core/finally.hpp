#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <weft/core/timeout.hpp>
#include <weft/core/with.hpp>

namespace weft {

/// A manager that only cleans up; see finally().
template <class F>
class finally_scope {
 public:
  finally_scope(F cleanup, std::int64_t limit) : cleanup_{std::move(cleanup)}, limit_{limit} {}

  void enter() noexcept {}
  task<> exit(exit_reason how) {
    if constexpr (std::is_invocable_v<F&, exit_reason>) {
      return run(detail::as_task(cleanup_(std::move(how))), limit_);
    } else {
      return run(detail::to_task([this] { return cleanup_(); }), limit_);
    }
  }

 private:
  static task<> run(auto cleanup, std::int64_t limit) {
    if (limit == detail::never) {
      co_await std::move(cleanup);
    } else {
      co_await wait_for(std::move(cleanup), std::chrono::nanoseconds{limit});
    }
  }

  F cleanup_;
  std::int64_t limit_;
};

/// Clean-up that may wait: `with(finally([&]() -> task<> {...}), body)` awaits the callable however the body ends, out
/// of reach of stops. It may take an exit_reason. An error that it throws wins. `finally:` in a coroutine.
template <class F>
auto finally(F cleanup) {
  return finally_scope<F>{std::move(cleanup), detail::never};
}

/// The same with a limit: clean-up that takes longer is stopped, and timeout_error comes out.
template <class F, class Rep, class Period>
auto finally(F cleanup, std::chrono::duration<Rep, Period> limit) {
  return finally_scope<F>{std::move(cleanup), detail::nanoseconds_of(limit)};
}

}  // namespace weft
