#pragma once

namespace weft::detail {

/// Memory is not recycled under AddressSanitizer, so that it sees uses of what was given back.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_address_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool under_address_sanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool under_address_sanitizer = false;
#endif

}  // namespace weft::detail
