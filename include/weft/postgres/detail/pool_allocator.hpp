#pragma once

#include <cstddef>
#include <weft/core/detail/frame_pool.hpp>

namespace weft::postgres::detail {

/// Takes memory from the pool of coroutine frames, for what lives as long as one. From malloc, small blocks by the
/// thousand would get among the large ones of libpq's results, and make both dear.
template <class T>
struct pool_allocator {
  using value_type = T;
  pool_allocator() noexcept = default;
  template <class U>
  explicit(false) pool_allocator(const pool_allocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(weft::detail::allocate_frame(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { weft::detail::free_frame(memory, count * sizeof(T)); }
  friend bool operator==(pool_allocator, pool_allocator) noexcept { return true; }
};

}  // namespace weft::postgres::detail
