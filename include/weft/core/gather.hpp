#pragma once

#include <concepts>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/children.hpp>

namespace weft {

/// Tag for gather: errors are given in their place instead of being thrown.
struct return_exceptions_t {
  explicit return_exceptions_t() = default;
};
inline constexpr return_exceptions_t return_exceptions{};

namespace detail {

template <class T>
using or_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The first child in time that fails or is cancelled stops the others.
class gathered_tasks final : public joint_tasks {
 public:
  explicit gathered_tasks(bool stop_on_failure) noexcept : stop_on_failure_{stop_on_failure} {}
  running_task* first_failure() const noexcept { return failed_.running(); }

 private:
  void ended(running_task& child) noexcept override {
    if (!stop_on_failure_ || child.state() == completion::status::value || failed_) return;
    child.retain();
    failed_ = any_task_handle{&child};
    cancel_children();
  }
  any_task_handle failed_;
  bool stop_on_failure_;
};

template <class T>
T take_value(const task_handle<T>& handle) {
  auto& ended = static_cast<running_task_of<T>&>(*handle.running());
  if (ended.state() == completion::status::cancelled) throw cancelled_error{};
  return ended.outcome.take();
}
template <class T>
result<T> take_result(const task_handle<T>& handle) {
  auto& ended = static_cast<running_task_of<T>&>(*handle.running());
  if (ended.state() == completion::status::cancelled) return std::make_exception_ptr(cancelled_error{});
  return ended.outcome.take_result();
}
[[noreturn]] inline void throw_failure(running_task& failed) {
  if (failed.state() == completion::status::cancelled) throw cancelled_error{};
  std::rethrow_exception(failed.error());
}

template <class T>
or_monostate<T> value_or_monostate(const task_handle<T>& handle) {
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return take_value(handle);
  }
}

template <class... T>
using gathered_t = std::conditional_t<(std::is_void_v<T> && ...), void, std::tuple<or_monostate<T>...>>;

template <class... T>
task<gathered_t<T...>> gather_all(task<T>... work) {
  gathered_tasks children{true};
  event_loop& loop = require_loop("gather");
  std::tuple<task_handle<T>...> handles{start_task(loop, children, std::move(work), {})...};
  co_await children.all();
  if (children.first_failure() != nullptr) throw_failure(*children.first_failure());
  if constexpr (!(std::is_void_v<T> && ...)) {
    co_return std::apply([](auto&... h) { return gathered_t<T...>{value_or_monostate(h)...}; }, handles);
  }
}

template <class... T>
task<std::tuple<result<T>...>> gather_results(task<T>... work) {
  gathered_tasks children{false};
  event_loop& loop = require_loop("gather");
  std::tuple<task_handle<T>...> handles{start_task(loop, children, std::move(work), {})...};
  co_await children.all();
  co_return std::apply([](auto&... h) { return std::tuple<result<T>...>{take_result(h)...}; }, handles);
}

template <class T>
std::vector<task_handle<T>> start_all(joint_tasks& children, std::vector<task<T>>& work) {
  event_loop& loop = require_loop("gather");
  std::vector<task_handle<T>> handles;
  handles.reserve(work.size());
  for (task<T>& w : work) handles.push_back(start_task(loop, children, std::move(w), {}));
  return handles;
}

template <class T>
using gathered_range_t = std::conditional_t<std::is_void_v<T>, void, std::vector<or_monostate<T>>>;

template <class T>
task<gathered_range_t<T>> gather_range(std::vector<task<T>> work) {
  gathered_tasks children{true};
  std::vector<task_handle<T>> handles = start_all(children, work);
  co_await children.all();
  if (children.first_failure() != nullptr) throw_failure(*children.first_failure());
  if constexpr (!std::is_void_v<T>) {
    std::vector<T> values;
    values.reserve(handles.size());
    for (auto& h : handles) values.push_back(take_value(h));
    co_return values;
  }
}

template <class T>
task<std::vector<result<T>>> gather_range_results(std::vector<task<T>> work) {
  gathered_tasks children{false};
  std::vector<task_handle<T>> handles = start_all(children, work);
  co_await children.all();
  std::vector<result<T>> results;
  results.reserve(handles.size());
  for (auto& h : handles) results.push_back(take_result(h));
  co_return results;
}

// <ranges> has concepts for these, and is long to compile.
template <class R>
using range_item_t = std::iter_value_t<decltype(std::ranges::begin(std::declval<R&>()))>;

template <class R>
concept work_range = requires(R& range) {
  { std::ranges::begin(range) } -> std::input_iterator;
  std::ranges::end(range);
  requires !awaitable<R> && (awaitable<range_item_t<R>> || task_function<range_item_t<R>>);
};

/// A range of work as tasks: moved out of an rvalue range, copied out of an lvalue one (handles).
template <work_range R>
auto to_tasks(R&& range) {
  using item = range_item_t<R>;
  std::vector<task<task_value_t<item>>> tasks;
  if constexpr (requires { std::ranges::size(range); })
    tasks.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& each : range) {
    if constexpr (std::is_lvalue_reference_v<R> || !std::is_lvalue_reference_v<decltype(each)>) {
      tasks.push_back(to_task(std::forward<decltype(each)>(each)));
    } else {
      tasks.push_back(to_task(std::move(each)));
    }
  }
  return tasks;
}

template <class A>
concept work = awaitable<A> || task_function<A>;

}  // namespace detail

/// Runs all at the same time and gives a tuple of their values, in the order of the arguments; std::monostate for those
/// without one, and nothing if none has one. Arguments are tasks, awaitables, or callables that give one.
///
/// The first that fails or is cancelled stops the others; when all have ended, its error is thrown (cancelled_error if
/// it was cancelled). A stop goes to all children, and on when all have ended. A task_handle counts as a child that
/// awaits it. asyncio.gather, but structured: nothing goes on behind its back.
template <detail::work... A>
  requires(sizeof...(A) > 0)
[[nodiscard]] auto gather(A&&... work) {
  return detail::gather_all(detail::to_awaited_task(std::forward<A>(work))...);
}

/// Runs all and gives a tuple of result<T>, each a value or an exception (cancelled_error for a cancelled child); a
/// child's end stops nobody.
template <detail::work... A>
  requires(sizeof...(A) > 0)
[[nodiscard]] auto gather(return_exceptions_t, A&&... work) {
  return detail::gather_results(detail::to_awaited_task(std::forward<A>(work))...);
}

/// The same for a range: gives a vector of values in the order of the range; nothing for work without values.
template <detail::work_range R>
[[nodiscard]] auto gather(R&& work) {
  return detail::gather_range(detail::to_tasks(std::forward<R>(work)));
}

/// The same for a range: gives a vector of result<T>.
template <detail::work_range R>
[[nodiscard]] auto gather(return_exceptions_t, R&& work) {
  return detail::gather_range_results(detail::to_tasks(std::forward<R>(work)));
}

}  // namespace weft
