#pragma once

#include <type_traits>

namespace weft::detail {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
/// g++ 12 destroys a temporary lambda twice when it stands in a co_await expression and its captures have destructors.
template <class F>
inline constexpr bool safe_in_await =
    std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::decay_t<F>>;
#else
template <class F>
inline constexpr bool safe_in_await = true;
#endif

}  // namespace weft::detail
