#pragma once

// Which sanitizers this is built with: WEFT_UNDER_ASAN and WEFT_UNDER_TSAN are 1 or 0.

#ifdef __has_feature  // clang
#if __has_feature(address_sanitizer)
#define WEFT_UNDER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define WEFT_UNDER_TSAN 1
#endif
#else
#ifdef __SANITIZE_ADDRESS__
#define WEFT_UNDER_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define WEFT_UNDER_TSAN 1
#endif
#endif

#ifndef WEFT_UNDER_ASAN
#define WEFT_UNDER_ASAN 0
#endif
#ifndef WEFT_UNDER_TSAN
#define WEFT_UNDER_TSAN 0
#endif

namespace weft::detail {

/// Memory is not recycled under AddressSanitizer, so that it sees uses of what was given back.
inline constexpr bool recycles_memory = WEFT_UNDER_ASAN == 0;

}  // namespace weft::detail
