#pragma once

#include <cstddef>

// Sanitizers keep frames from being recycled, so there is nothing to count under them: 0 there.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEFT_TEST_COUNTS_ALLOCATIONS 0
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEFT_TEST_COUNTS_ALLOCATIONS 0
#endif
#ifndef WEFT_TEST_COUNTS_ALLOCATIONS
#define WEFT_TEST_COUNTS_ALLOCATIONS 1
#endif

/// How often this thread has called operator new. Counted in the whole program (see allocations.cpp);
/// always 0 under ThreadSanitizer.
std::size_t allocations() noexcept;
