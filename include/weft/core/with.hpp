#pragma once

#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/boundary.hpp>
#include <weft/core/errors.hpp>

namespace weft {

/// How a block under with() ended; what exit() is told. The arguments of __aexit__.
class exit_reason {
 public:
  exit_reason() noexcept = default;
  explicit exit_reason(std::exception_ptr error) noexcept : error_{std::move(error)} {}
  static exit_reason stop() noexcept {
    exit_reason reason;
    reason.stopped_ = true;
    return reason;
  }

  /// The block returned.
  bool ok() const noexcept { return !stopped_ && !error_; }
  /// A stop left the block.
  bool stopped() const noexcept { return stopped_; }
  /// The exception that left the block, or null.
  const std::exception_ptr& error() const noexcept { return error_; }

 private:
  std::exception_ptr error_;
  bool stopped_ = false;
};

namespace detail {

/// How the block of a scope manager ends; the manager may change it.
struct block_end {
  std::exception_ptr error;
  bool stopped = false;
  bool absorbed = false;  // it was stopped by its own manager, and that was all: the block just ends
};

/// The library's managers that stop their block themselves: task_group, timeout_scope, cancel_scope.
/// `opened(scope&)` comes before the block begins, after it `closed(block_end&)`, which gives an awaitable, or
/// `closed(block_end&, bool stopping_outside)`.
template <class M>
concept scope_manager = requires(M& m, scope& s) { m.opened(s); };

template <class M>
concept has_enter = requires(M& m) { m.enter(); };

template <class M>
struct entered {
  using type = M&;
};
template <has_enter M>
struct entered<M> {
  using direct = decltype(std::declval<M&>().enter());
  template <class T>
  static auto of() {
    if constexpr (awaitable<T>) {
      return std::type_identity<await_result_t<T>>{};
    } else {
      return std::type_identity<T>{};
    }
  }
  using type = typename decltype(of<direct>())::type;
};
/// What a manager hands to the block: void, a value or a reference.
template <class M>
using entered_t = typename entered<std::remove_reference_t<M>>::type;

/// Calls a block with what the managers gave, or with as much of it as it takes: all, the last ones, or none.
template <class F>
decltype(auto) call_block(F& body) {
  return body();
}
template <class F, class First, class... Rest>
decltype(auto) call_block(F& body, First& first, Rest&... rest) {
  if constexpr (std::is_invocable_v<F&, First&, Rest&...>) {
    return body(first, rest...);
  } else {
    return call_block(body, rest...);
  }
}

template <class F, class E>
struct block_call {
  using type = decltype(call_block(std::declval<F&>(), std::declval<std::remove_reference_t<E>&>()));
};
template <class F>
struct block_call<F, void> {
  using type = decltype(call_block(std::declval<F&>()));
};
template <class M, class F>
using block_result_t = await_result_t<typename block_call<F, entered_t<M>>::type>;

template <class M>
decltype(auto) call_exit(M& manager, const exit_reason& how) {
  if constexpr (requires { manager.exit(how); }) {
    return manager.exit(how);
  } else if constexpr (requires { manager.exit(); }) {
    return manager.exit();
  }
}

/// Runs an ordinary manager's exit, masked; true if it swallowed the error.
template <class M>
task<bool> leave_manager(M& manager, const exit_reason& how) {
  using called = decltype(call_exit(manager, how));
  if constexpr (awaitable<called>) {
    if constexpr (std::is_void_v<await_result_t<called>>) {
      co_await masked{as_task(call_exit(manager, how))};
      co_return false;
    } else {
      const bool swallow = co_await masked{as_task(call_exit(manager, how))};
      co_return swallow;
    }
  } else if constexpr (std::is_void_v<called>) {
    call_exit(manager, how);
    co_return false;
  } else {
    co_return call_exit(manager, how);
  }
}

template <class M>
constexpr bool has_exit = requires(M& m, const exit_reason& how) { m.exit(how); } || requires(M& m) { m.exit(); };

/// Runs a block under a manager whose enter() has been awaited.
template <class R, class M, class Start>
task<R> run_block(M& manager, Start start) {
  block_end end;
  std::optional<result<R>> got;
  boundary<R> block;
  if constexpr (scope_manager<M>) manager.opened(block);  // may refuse: the block is not begun then
  task<R> work;
  try {
    work = start();  // a callable that is no coroutine does part of its work here
  } catch (...) {
    end.error = std::current_exception();
  }
  if (work) {
    block.adopt(std::move(work));
    got = co_await block;
    end.stopped = !got.has_value();
    if (got) end.error = got->error();
  }

  if constexpr (scope_manager<M>) {
    if constexpr (requires { manager.closed(end); }) {
      co_await manager.closed(end);
    } else {
      const bool stopping_outside = co_await stop_pending{};
      manager.closed(end, stopping_outside);
    }
  } else if constexpr (has_exit<M>) {
    const exit_reason how = end.stopped ? exit_reason::stop() : exit_reason{end.error};
    std::exception_ptr exit_error;
    bool swallowed = false;
    try {
      swallowed = co_await leave_manager(manager, how);
    } catch (...) {
      exit_error = std::current_exception();
    }
    if (exit_error) {
      if (end.error && exit_error != end.error) {
        require_loop("with").report("An error was replaced by one of clean-up", end.error);
      }
      end = {.error = exit_error};
    } else if (swallowed && end.error) {
      end = {.error = nullptr, .absorbed = true};
    }
  }

  if (end.error) std::rethrow_exception(end.error);
  if (end.stopped) co_await pass_stop{};
  if constexpr (!std::is_void_v<R>) {
    if (end.absorbed || !got) throw cancelled_error{"the block was cancelled before it had a value"};
    co_return static_cast<R&&>(**got);
  }
}

template <class M, class F, class R = block_result_t<M, F>>
task<R> with_manager(M given, F body) {
  auto& manager = given;
  using plain = std::remove_reference_t<M>;
  if constexpr (!has_enter<plain>) {
    co_return co_await run_block<R>(manager, [&] { return as_task(call_block(body, manager)); });
  } else if constexpr (awaitable<decltype(manager.enter())>) {
    if constexpr (std::is_void_v<entered_t<plain>>) {
      co_await manager.enter();
      co_return co_await run_block<R>(manager, [&] { return as_task(call_block(body)); });
    } else {
      decltype(auto) value = co_await manager.enter();
      co_return co_await run_block<R>(manager, [&] { return as_task(call_block(body, value)); });
    }
  } else if constexpr (std::is_void_v<decltype(manager.enter())>) {
    manager.enter();
    co_return co_await run_block<R>(manager, [&] { return as_task(call_block(body)); });
  } else {
    decltype(auto) value = manager.enter();
    co_return co_await run_block<R>(manager, [&] { return as_task(call_block(body, value)); });
  }
}

/// A block that is itself a block under a further manager.
template <class M, class F>
class nested_block {
 public:
  nested_block(M manager, F body) : manager_{static_cast<M&&>(manager)}, body_{std::move(body)} {}

  template <class... Outer>
  auto operator()(Outer&... outer) {
    auto inner = [this, &outer...](auto&... given) { return call_block(body_, outer..., given...); };
    return with_manager<M&, decltype(inner)>(manager_, std::move(inner));
  }

 private:
  M manager_;
  F body_;
};

template <class M, class... Rest>
auto make_nested(M&& manager, Rest&&... rest) {
  if constexpr (sizeof...(Rest) == 1) {
    return nested_block<M, std::decay_t<Rest>...>{std::forward<M>(manager), std::forward<Rest>(rest)...};
  } else {
    auto inner = make_nested(std::forward<Rest>(rest)...);
    return nested_block<M, decltype(inner)>{std::forward<M>(manager), std::move(inner)};
  }
}

template <class M, class... Rest>
auto with_all(M&& manager, Rest&&... rest) {
  if constexpr (sizeof...(Rest) == 1) {
    return with_manager<M, std::decay_t<Rest>...>(std::forward<M>(manager), std::forward<Rest>(rest)...);
  } else {
    auto inner = make_nested(std::forward<Rest>(rest)...);
    return with_manager<M, decltype(inner)>(std::forward<M>(manager), std::move(inner));
  }
}

}  // namespace detail

/// Runs `body` under one or more managers: `co_await with(manager..., body)`. Python's `async with`.
///
/// Managers are entered in order and left in reverse, on value, exception and stop. `body` is a callable that gives a
/// task (usually a coroutine lambda); it gets what each manager's enter() gave, or as much of that as it takes. with()
/// owns managers and body until all is over, but for managers given as lvalues, which it refers to. It gives what the
/// body returns and throws what the body threw.
///
/// A manager is a class with any of: `enter()`, which may be a task and gives a value, a reference or nothing (without
/// it the body gets the manager itself), and `exit()` or `exit(exit_reason)`, which may be a task and may give true to
/// swallow an error (never a stop). Where enter() fails or is stopped there is no exit. exit() runs out of reach of
/// stops; an error that it throws wins.
///
/// Where the manager absorbed a stop (task_group::cancel) and the body should have given a value, it throws
/// cancelled_error.
template <class M, class... Rest>
  requires(sizeof...(Rest) > 0)
[[nodiscard]] auto with(M&& manager, Rest&&... rest) {
  using body = std::tuple_element_t<sizeof...(Rest) - 1, std::tuple<Rest&&...>>;
  static_assert(detail::safe_in_await<body>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first "
                "(auto body = [...]...; co_await with(manager, body))");
  return detail::with_all(std::forward<M>(manager), std::forward<Rest>(rest)...);
}

}  // namespace weft
