#pragma once

#include <optional>
#include <stdexcept>
#include <variant>
#include <weft/core/gather.hpp>

namespace weft {

namespace detail {

/// The first child in time that ends stops the others.
class racing_tasks final : public joint_tasks {
 public:
  running_task* winner() const noexcept { return winner_.running(); }

 private:
  void ended(running_task& child) noexcept override {
    if (winner_) return;
    child.retain();
    winner_ = any_task_handle{&child};
    cancel_children();
  }
  any_task_handle winner_;
};

template <class First, class... Rest>
inline constexpr bool all_same = std::conjunction_v<std::is_same<First, Rest>...>;

template <class... T>
struct raced {
  using type = std::variant<or_monostate<T>...>;
};
template <class First, class... Rest>
  requires all_same<First, Rest...>
struct raced<First, Rest...> {
  using type = First;
};
template <class... T>
using raced_t = typename raced<T...>::type;

template <class R, class Handles, std::size_t... I>
R winning_value(running_task& winner, Handles& handles, std::index_sequence<I...>) {
  std::optional<R> value;
  auto look = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
    auto& handle = std::get<N>(handles);
    if (handle.running() == &winner) value.emplace(std::in_place_index<N>, value_or_monostate(handle));
  };
  (look(std::integral_constant<std::size_t, I>{}), ...);
  return std::move(*value);
}

template <class... T>
task<raced_t<T...>> race_all(task<T>... work) {
  racing_tasks children;
  event_loop& loop = require_loop("race");
  std::tuple<task_handle<T>...> handles{start_task(loop, children, std::move(work), {})...};
  co_await children.all();
  running_task& winner = *children.winner();
  if (winner.state() != completion::status::value) throw_failure(winner);
  using value = raced_t<T...>;
  if constexpr (all_same<T...>) {
    if constexpr (!std::is_void_v<value>) co_return static_cast<running_task_of<value>&>(winner).outcome.take();
  } else {
    co_return winning_value<value>(winner, handles, std::index_sequence_for<T...>{});
  }
}

template <class T>
task<T> race_range(std::vector<task<T>> work) {
  racing_tasks children;
  if (work.empty()) throw std::invalid_argument{"race of an empty range: nothing can win"};
  const std::vector<task_handle<T>> handles = start_all(children, work);
  co_await children.all();
  running_task& winner = *children.winner();
  if (winner.state() != completion::status::value) throw_failure(winner);
  co_return static_cast<running_task_of<T>&>(winner).outcome.take();
}

}  // namespace detail

/// Runs all at the same time; the first that ends, with a value or an error, decides. The others are stopped, and when
/// all have ended its value is given or its error thrown. Gives a T if all give a T, else a variant in the order of the
/// arguments. A stop goes to all, and on when all have ended.
template <detail::work... A>
  requires(sizeof...(A) > 0)
[[nodiscard]] auto race(A&&... work) {
  return detail::race_all(detail::to_awaited_task(std::forward<A>(work))...);
}

/// The same for a range. Throws std::invalid_argument if it is empty.
template <detail::work_range R>
[[nodiscard]] auto race(R&& work) {
  return detail::race_range(detail::to_tasks(std::forward<R>(work)));
}

}  // namespace weft
