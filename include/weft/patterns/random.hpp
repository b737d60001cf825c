#pragma once

#include <cstdint>

namespace weft {

/// Makes repeatable what is drawn at random from now on by this thread: the jitter of retry() and backoff. Otherwise
/// the seed comes from the system. random.seed.
void seed_random(std::uint64_t seed) noexcept;

namespace detail {

/// The next 64 random bits of this thread. For jitter: not for secrets.
std::uint64_t next_random() noexcept;

/// A random number between 0 and 1, 1 excluded.
inline double random_fraction() noexcept { return static_cast<double>(next_random() >> 11) * 0x1.0p-53; }

}  // namespace detail
}  // namespace weft
