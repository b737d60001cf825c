#pragma once

#include <cstdint>

namespace weft {

/// Makes repeatable what is drawn at random from now on by this thread's loop, or by the thread outside a loop: the
/// jitter of retry() and backoff. A loop on the simulated clock is repeatable anyway; other loops draw their seed from
/// the system. random.seed.
void seed_random(std::uint64_t seed) noexcept;

namespace detail {

/// The next 64 random bits of this thread's loop. For jitter: not for secrets.
std::uint64_t next_random() noexcept;

/// A random number between 0 and 1, 1 excluded.
inline double random_fraction() noexcept { return static_cast<double>(next_random() >> 11) * 0x1.0p-53; }

}  // namespace detail
}  // namespace weft
