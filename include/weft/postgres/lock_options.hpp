#pragma once

#include <type_traits>

namespace weft::postgres {

/// How an advisory lock is held.
struct lock_options {
  /// Others may hold it at the same time, if they share it too.
  bool shared = false;
};
static_assert(std::is_trivially_destructible_v<lock_options>);

}  // namespace weft::postgres
