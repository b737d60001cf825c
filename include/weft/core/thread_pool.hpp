#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/thread_job.hpp>

namespace weft {

/// How a blocking function is called on a thread.
struct thread_options {
  /// A stop leaves at once although the function runs on; what it gives is dropped. The function must own all that it
  /// uses then: nothing captured by reference, no pointers and views as arguments (the latter do not compile).
  bool abandon_on_stop = false;
};
static_assert(std::is_trivially_destructible_v<thread_options>);

namespace detail {

template <class F, class... Args>
using thread_result_t = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;

template <class F, class... Args>
concept thread_function =
    !std::same_as<std::remove_cvref_t<F>, thread_options> && std::invocable<std::decay_t<F>, std::decay_t<Args>...>;

template <class T>
inline constexpr bool refers_elsewhere = std::ranges::enable_view<T> && std::ranges::enable_borrowed_range<T>;
template <class T>
inline constexpr bool refers_elsewhere<T*> = !std::is_function_v<T>;
template <class T>
inline constexpr bool refers_elsewhere<std::reference_wrapper<T>> = true;

template <class F, class... Args>
auto make_thread_call(std::shared_ptr<pool_state> pool, bool abandon, F&& function, Args&&... arguments) {
  using value = thread_result_t<F, Args...>;
  static_assert(safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  static_assert(!awaitable<value>, "the function is a coroutine, which would not run on the thread: await it instead");
  using job = thread_job_of<value, std::decay_t<F>, std::decay_t<Args>...>;
  return thread_call<value>{std::move(pool),
                            make_owned<job>(std::forward<F>(function), std::forward<Args>(arguments)...), abandon};
}

template <class F, class... Args>
auto make_thread_call(std::shared_ptr<pool_state> pool, thread_options options, F&& function, Args&&... arguments) {
  static_assert(!(refers_elsewhere<std::decay_t<F>> || ... || refers_elsewhere<std::decay_t<Args>>),
                "a call that may be abandoned must own what it uses: no pointers, views or std::ref");
  return make_thread_call(std::move(pool), options.abandon_on_stop, std::forward<F>(function),
                          std::forward<Args>(arguments)...);
}

std::shared_ptr<pool_state> make_pool(std::size_t threads);
void close_pool(pool_state& pool) noexcept;

}  // namespace detail

/// Threads that call blocking functions for coroutines. concurrent.futures.ThreadPoolExecutor.
///
/// Threads are started when they are needed. Several loops may share a pool. The destructor waits, and blocks its
/// thread meanwhile, until all calls that were accepted have been made; awaiting a call later throws.
class thread_pool {
 public:
  /// @param threads how many functions may run at the same time. Throws std::invalid_argument for 0.
  explicit thread_pool(std::size_t threads) : state_{detail::make_pool(threads)} {}
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() { close(); }

  /// Calls `function(arguments...)` on one of the threads; awaiting gives its value or throws its exception. Both are
  /// copied or moved into the call, as by std::thread, and destroyed on the awaiting side. asyncio.run_in_executor.
  ///
  /// A stop withdraws a call that has not begun; one that runs is waited for, since it may use the caller's variables,
  /// and what it gives is dropped. Awaiting throws std::logic_error if the pool is closed, std::system_error if no
  /// thread can be started.
  template <class F, class... Args>
    requires detail::thread_function<F, Args...>
  auto run(F&& function, Args&&... arguments) {
    return detail::make_thread_call(state_, false, std::forward<F>(function), std::forward<Args>(arguments)...);
  }
  template <class F, class... Args>
    requires detail::thread_function<F, Args...>
  auto run(thread_options options, F&& function, Args&&... arguments) {
    return detail::make_thread_call(state_, options, std::forward<F>(function), std::forward<Args>(arguments)...);
  }

  /// Accepts nothing more, and blocks until all accepted calls have been made. Harmless when repeated.
  void close() noexcept { detail::close_pool(*state_); }

 private:
  std::shared_ptr<detail::pool_state> state_;
};

/// Calls a blocking function on a thread of the loop's own pool (at most as many threads as cores and four, and no more
/// than 32), which ends with the loop; otherwise as thread_pool::run. asyncio.to_thread.
template <class F, class... Args>
  requires detail::thread_function<F, Args...>
auto to_thread(F&& function, Args&&... arguments) {
  return detail::make_thread_call(nullptr, false, std::forward<F>(function), std::forward<Args>(arguments)...);
}
/// The same with options: `to_thread({.abandon_on_stop = true}, f, x)`.
template <class F, class... Args>
  requires detail::thread_function<F, Args...>
auto to_thread(thread_options options, F&& function, Args&&... arguments) {
  return detail::make_thread_call(nullptr, options, std::forward<F>(function), std::forward<Args>(arguments)...);
}

/// A blocking function made asynchronous: `to_async(f)(x)` is `to_thread(f, x)`. The result keeps a copy of the
/// function, and so does each call.
template <class F>
auto to_async(F&& function) {
  return [function = std::decay_t<F>(std::forward<F>(function))]<class... Args>(Args&&... arguments)
    requires detail::thread_function<std::decay_t<F>, Args...>
  { return to_thread(function, std::forward<Args>(arguments)...); };
}

}  // namespace weft
