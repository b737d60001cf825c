#pragma once

#include <cstddef>

#include "core/sanitizers.hpp"

// Sanitizers keep frames from being recycled, so there is nothing to count under them: 0 there.
#define WEFT_TEST_COUNTS_ALLOCATIONS (!WEFT_UNDER_ASAN && !WEFT_UNDER_TSAN)

/// How often this thread has called operator new. Counted in the whole program (see allocations.cpp);
/// always 0 under ThreadSanitizer.
std::size_t allocations() noexcept;
