#pragma once

#include <functional>
#include <type_traits>
#include <utility>

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

}  // namespace weft::detail
