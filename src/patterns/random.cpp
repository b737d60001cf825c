#include <sys/random.h>

#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/patterns/random.hpp>

namespace weft {

namespace {

constinit thread_local std::uint64_t state_outside_loops = 0;

std::uint64_t& state() noexcept {
  detail::event_loop* loop = detail::this_thread_loop;
  return loop != nullptr ? loop->random_state : state_outside_loops;
}

std::uint64_t system_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) {
    seed = static_cast<std::uint64_t>(now().time_since_epoch().count());
  }
  return seed;
}

}  // namespace

// 0 stands for a state without a seed.
void seed_random(std::uint64_t seed) noexcept { state() = seed != 0 ? seed : 1; }

namespace detail {

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
std::uint64_t next_random() noexcept {
  std::uint64_t& s = state();
  while (s == 0) s = system_seed();
  s += 0x9e3779b97f4a7c15;
  std::uint64_t z = s;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace detail
}  // namespace weft
