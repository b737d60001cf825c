#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/detail/safe_in_await.hpp>
#include <weft/core/generator.hpp>
#include <weft/core/with.hpp>

namespace weft {

namespace detail {

template <class Given>
struct given_item {};
template <class T>
struct given_item<std::optional<T>> {
  using type = T;
};
template <class T>
struct given_item<T*> {
  using type = T&;
};
template <class S>
using given_item_t =
    typename given_item<std::remove_cvref_t<await_result_t<decltype(std::declval<S&>().next())>>>::type;

}  // namespace detail

/// Anything with a `next()` that gives an awaitable std::optional (or pointer): generators, queues, users' own types.
template <class S>
concept async_iterable = requires { typename detail::given_item_t<std::remove_reference_t<S>>; };

/// What an async_iterable gives: T, or T& where next() gives a pointer.
template <async_iterable S>
using item_of_t = detail::given_item_t<std::remove_reference_t<S>>;

namespace detail {

template <class S>
using item_value_t = std::remove_cvref_t<item_of_t<S>>;

/// A source that has been given away, and that its new owner has to close.
template <class S>
concept owned_and_closable = !std::is_reference_v<S> && requires(S& source) {
  { source.close() } -> awaitable;
};

template <class R>
struct settled {
  using type = R;
};
template <awaitable R>
struct settled<R> {
  using type = await_result_t<R>;
};
/// What a plain or asynchronous function makes of an argument, as a value.
template <class F, class A>
using made_of_t = std::remove_cvref_t<typename settled<std::invoke_result_t<F&, A>>::type>;

/// Runs `loop(source)`, and closes the source if that is its owner's business. S is X for an owned source, X& for
/// another.
template <class S, class F>
task<> run_over(std::remove_reference_t<S>& source, F& loop) {
  if constexpr (owned_and_closable<S>) {
    co_await with(closing(source), [&](auto& from) -> task<> { co_await loop(from); });
  } else {
    co_await loop(source);
  }
}

template <class S>
task<std::vector<item_value_t<S>>> collect_from(S source) {
  std::vector<item_value_t<S>> items;
  auto loop = [&](auto& from) -> task<> {
    while (auto item = co_await from.next()) items.push_back(*std::move(item));
  };
  co_await run_over<S>(source, loop);
  co_return items;
}

template <class S, class F>
task<> call_for_each(S source, F f) {
  auto loop = [&](auto& from) -> task<> {
    while (auto item = co_await from.next()) {
      if constexpr (awaitable<std::invoke_result_t<F&, item_of_t<S>>>) {
        (void)co_await std::invoke(f, *std::move(item));
      } else {
        std::invoke(f, *std::move(item));
      }
    }
  };
  co_await run_over<S>(source, loop);
}

template <class S, class F>
async_generator<item_of_t<S>> filter_items(S source, F keep) {
  if constexpr (owned_and_closable<S>) co_await on_close([&source] { return source.close(); });
  while (auto item = co_await source.next()) {
    if constexpr (awaitable<decltype(std::invoke(keep, *item))>) {
      const bool kept = co_await std::invoke(keep, *item);
      if (!kept) continue;
    } else {
      if (!std::invoke(keep, *item)) continue;
    }
    co_yield *std::move(item);
  }
}

template <class S, class F>
async_generator<made_of_t<F, item_of_t<S>>> transform_items(S source, F f) {
  if constexpr (owned_and_closable<S>) co_await on_close([&source] { return source.close(); });
  while (auto item = co_await source.next()) {
    if constexpr (awaitable<std::invoke_result_t<F&, item_of_t<S>>>) {
      auto made = co_await std::invoke(f, *std::move(item));
      co_yield std::move(made);
    } else {
      auto made = std::invoke(f, *std::move(item));
      co_yield std::move(made);
    }
  }
}

}  // namespace detail

// Sources given as rvalues are owned, and closed at the end if they have a `close()`; lvalues are referred to and must
// outlive what is made of them. Functions may be plain or give an awaitable.

/// All that `source` gives, in a vector: `[x async for x in source]`. Throws what the source throws. A stop ends it.
template <async_iterable S>
task<std::vector<detail::item_value_t<S>>> collect(S&& source) {
  return detail::collect_from<S>(std::forward<S>(source));
}

/// Calls `f(item)` for all that `source` gives, one after the other. Throws what the source or `f` throws.
template <async_iterable S, class F>
  requires std::invocable<std::decay_t<F>&, item_of_t<S>>
task<> for_each(S&& source, F&& f) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  return detail::call_for_each<S, std::decay_t<F>>(std::forward<S>(source), std::forward<F>(f));
}

/// A generator of what `source` gives and `keep(item)` is true for: `(x async for x in source if keep(x))`.
/// Closing it closes a source that it owns.
template <async_iterable S, class F>
async_generator<item_of_t<S>> filter(S&& source, F&& keep) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  return detail::filter_items<S, std::decay_t<F>>(std::forward<S>(source), std::forward<F>(keep));
}

/// A generator of `f(item)` for what `source` gives, as values: `(f(x) async for x in source)`.
/// Closing it closes a source that it owns.
template <async_iterable S, class F>
  requires std::invocable<std::decay_t<F>&, item_of_t<S>>
async_generator<detail::made_of_t<std::decay_t<F>, item_of_t<S>>> transform(S&& source, F&& f) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  return detail::transform_items<S, std::decay_t<F>>(std::forward<S>(source), std::forward<F>(f));
}

}  // namespace weft
