#pragma once

#include <concepts>
#include <utility>
#include <weft/core/detail/awaiter.hpp>
#include <weft/core/detail/safe_in_await.hpp>
#include <weft/core/task.hpp>

namespace weft {

namespace detail {

template <class A>
struct is_task : std::false_type {};
template <class T>
struct is_task<task<T>> : std::true_type {};

/// The value that an awaitable leaves where it has to be kept: what is awaited of a task_handle is a reference to
/// something that may be gone by then.
template <class A>
using kept_result_t = std::conditional_t<is_task<std::remove_cvref_t<A>>::value, await_result_t<A>,
                                         std::remove_cvref_t<await_result_t<A>>>;

/// Awaits it as what it was given as: only the value of an rvalue task_handle may be moved out.
template <class R, class A>
task<R> await_in_task(std::remove_cvref_t<A> awaited) {
  co_return co_await static_cast<A&&>(awaited);
}

/// Any awaitable as a task that owns it.
template <awaitable A>
auto as_task(A&& a) {
  if constexpr (is_task<std::remove_cvref_t<A>>::value) {
    return std::remove_cvref_t<A>{std::forward<A>(a)};
  } else {
    return await_in_task<kept_result_t<A>, A>(std::forward<A>(a));
  }
}

/// A callable that gives an awaitable when called: `create_task([&]() -> task<> {...})`.
template <class F>
concept task_function = std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>;

template <class R, class F>
task<R> call_in_task(F function) {
  co_return co_await function();
}

/// A task, awaitable or callable as a task that owns it. A callable is called when the task starts.
template <class A>
  requires awaitable<A> || task_function<A>
auto to_task(A&& a) {
  if constexpr (awaitable<A>) {
    return as_task(std::forward<A>(a));
  } else {
    using called = std::invoke_result_t<std::decay_t<A>&>;
    return call_in_task<kept_result_t<called>, std::decay_t<A>>(std::forward<A>(a));
  }
}

/// The same for what stands in a co_await expression.
template <class A>
  requires awaitable<A> || task_function<A>
auto to_awaited_task(A&& a) {
  static_assert(awaitable<A> || safe_in_await<A>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  return to_task(std::forward<A>(a));
}

template <class A>
using task_value_t = typename decltype(to_task(std::declval<A>()))::value_type;

}  // namespace detail
}  // namespace weft
