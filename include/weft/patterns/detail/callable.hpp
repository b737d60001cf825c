#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>

namespace weft::detail {

// Functions are called as f(a...) inside the co_await expression and not by std::invoke: what an argument is converted
// to (a string literal for a const std::string&) then lives until the task has ended.

template <class F>
decltype(auto) as_callable(F&& f) {
  if constexpr (std::is_member_pointer_v<std::decay_t<F>>) {
    return std::mem_fn(f);
  } else {
    return std::forward<F>(f);
  }
}

/// A copy of a callable, with a member pointer made into something that can be called.
template <class F>
using callable_t = std::decay_t<decltype(as_callable(std::declval<F>()))>;

/// Arguments as a call that may be repeated keeps them: copies, but references of std::ref.
template <class... A>
using kept_arguments = std::tuple<std::unwrap_ref_decay_t<A>...>;

template <class R, class F, class Arguments, std::size_t... I>
task<R> call_once(F& function, const Arguments& arguments, std::index_sequence<I...> /*all*/) {
  co_return co_await function(std::get<I>(arguments)...);
}
/// Calls a function with kept arguments.
template <class R, class F, class Arguments>
task<R> call_with_kept(F& function, const Arguments& arguments) {
  return call_once<R>(function, arguments, std::make_index_sequence<std::tuple_size_v<Arguments>>{});
}

}  // namespace weft::detail
