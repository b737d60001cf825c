#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
constinit thread_local std::size_t count = 0;
}  // namespace

std::size_t allocations() noexcept { return count; }

// ThreadSanitizer brings its own operator new; nothing is counted under it.
#if !WEFT_UNDER_TSAN
void* operator new(std::size_t size) {
  ++count;
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
