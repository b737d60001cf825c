#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/gather.hpp>
#include <weft/core/iterate.hpp>
#include <weft/core/task_group.hpp>
#include <weft/patterns/detail/callable.hpp>
#include <weft/sync/semaphore.hpp>

namespace weft::detail {

/// What map and its kin take items from: a range, or anything with an asynchronous next().
template <class S>
concept item_source = async_iterable<S> || std::ranges::input_range<S>;

/// Elements stay where they are while the range does.
template <class R>
concept keeps_elements = std::ranges::forward_range<R> && std::is_lvalue_reference_v<std::ranges::range_reference_t<R>>;

/// What a function of items gets, and what a task keeps meanwhile: a reference to an element that stays where it is
/// (to be moved from if the range was given away), else the item itself.
template <class S>
struct mapped_item {
  using range = std::remove_reference_t<S>;
  static auto type() {
    if constexpr (async_iterable<S>) {
      return std::type_identity<item_of_t<S>>{};
    } else if constexpr (!keeps_elements<range>) {
      return std::type_identity<std::ranges::range_value_t<range>>{};
    } else if constexpr (std::is_reference_v<S> || std::ranges::view<range> ||
                         std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<range>>>) {
      return std::type_identity<std::ranges::range_reference_t<range>>{};
    } else {
      return std::type_identity<std::remove_reference_t<std::ranges::range_reference_t<range>>&&>{};
    }
  }
};
template <class S>
using mapped_item_t = typename decltype(mapped_item<S>::type())::type;

template <class S, class F>
concept maps = item_source<S> && std::invocable<callable_t<F>&, mapped_item_t<S>> &&
               awaitable<std::invoke_result_t<callable_t<F>&, mapped_item_t<S>>>;

template <class S, class F>
using mapped_result_t = std::remove_cvref_t<await_result_t<std::invoke_result_t<callable_t<F>&, mapped_item_t<S>>>>;

/// One item: calls the function and hands over what comes of it. What it holds is held until the task has ended.
template <class Sink, class F, class Item, class Held>
task<> map_item(Sink& sink, std::size_t index, F& function, Item item, Held /*held*/) {
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<typename Sink::value_type>) {
      (void)co_await function(static_cast<Item&&>(item));
      sink.succeeded(index);
    } else {
      typename Sink::value_type value = co_await function(static_cast<Item&&>(item));
      sink.succeeded(index, std::move(value));
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (error) sink.failed(index, std::move(error));
}

/// Calls `launch(item, permit)` for all items of the source, each as soon as there is room.
template <class S, class Room, class Launch>
task<> for_each_with_room(std::remove_reference_t<S>& source, Room& room, Launch& launch) {
  if constexpr (async_iterable<S>) {
    auto loop = [&](auto& from) -> task<> {
      for (;;) {
        semaphore::permit permit = co_await room.acquire();
        auto item = co_await from.next();
        if (!item) break;
        launch(*std::move(item), std::move(permit));
      }
    };
    co_await run_over<S>(source, loop);
  } else {
    for (auto&& item : source) {
      semaphore::permit permit = co_await room.acquire();
      launch(static_cast<mapped_item_t<S>>(item), std::move(permit));
    }
  }
}

/// Maps all items in a group of tasks. The sink takes what comes of each, and may stop it all.
template <class S, class Sink, class F>
task<> map_in_group(std::remove_reference_t<S>& source, F& function, std::ptrdiff_t limit, Sink& sink) {
  semaphore room{static_cast<std::size_t>(limit)};
  co_await with(task_group{}, [&](task_group& group) -> task<> {
    sink.group = &group;
    std::exception_ptr error;
    try {
      auto launch = [&](mapped_item_t<S> item, semaphore::permit permit) {
        const std::size_t index = sink.add();
        group.create_task(map_item<Sink, F, mapped_item_t<S>, semaphore::permit>(
            sink, index, function, static_cast<mapped_item_t<S>&&>(item), std::move(permit)));
      };
      co_await for_each_with_room<S>(source, room, launch);
    } catch (...) {
      error = std::current_exception();
    }
    if (error) sink.source_failed(std::move(error));
  });
}

/// Collects values; the first error stops all.
template <class R>
class value_sink {
 public:
  using value_type = R;
  task_group* group = nullptr;

  std::size_t add() {
    values_.emplace_back();
    return values_.size() - 1;
  }
  template <class... V>
  void succeeded(std::size_t index, V&&... value) {
    values_[index].emplace(std::forward<V>(value)...);
  }
  void failed(std::size_t /*index*/, std::exception_ptr error) noexcept { source_failed(std::move(error)); }
  void source_failed(std::exception_ptr error) noexcept {
    if (error_) return;
    error_ = std::move(error);
    group->cancel();
  }
  gathered_range_t<R> take() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (std::is_void_v<R>) {
      for (const auto& value : values_) check(value);
    } else {
      std::vector<R> values;
      values.reserve(values_.size());
      for (auto& value : values_) {
        check(value);
        values.push_back(*std::move(value));
      }
      return values;
    }
  }

 private:
  /// A task that somebody else has cancelled leaves nothing behind.
  static void check(const std::optional<or_monostate<R>>& value) {
    if (!value) throw cancelled_error{};
  }
  std::vector<std::optional<or_monostate<R>>> values_;
  std::exception_ptr error_;
};

/// Collects values and errors; only an error of the source stops all.
template <class R>
class settled_sink {
 public:
  using value_type = R;
  task_group* group = nullptr;

  std::size_t add() {
    results_.emplace_back();
    return results_.size() - 1;
  }
  template <class... V>
  void succeeded(std::size_t index, V&&... value) {
    results_[index].emplace(std::forward<V>(value)...);
  }
  void failed(std::size_t index, std::exception_ptr error) noexcept { results_[index].emplace(std::move(error)); }
  void source_failed(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    group->cancel();
  }
  std::vector<result<R>> take() {
    if (error_) std::rethrow_exception(error_);
    std::vector<result<R>> results;
    results.reserve(results_.size());
    for (auto& r : results_) {
      if (r) {
        results.push_back(*std::move(r));
      } else {
        results.emplace_back(std::make_exception_ptr(cancelled_error{}));
      }
    }
    return results;
  }

 private:
  std::vector<std::optional<result<R>>> results_;
  std::exception_ptr error_;
};

template <template <class> class Sink, class S, class F, class R = mapped_result_t<S, F>>
auto run_map(S source, F function, std::ptrdiff_t limit) -> task<decltype(std::declval<Sink<R>&>().take())> {
  Sink<R> sink;
  co_await map_in_group<S>(source, function, limit, sink);
  co_return sink.take();
}

inline void check_limit(std::ptrdiff_t limit, const char* message) {
  if (limit < 1) throw std::invalid_argument{message};
}

}  // namespace weft::detail
