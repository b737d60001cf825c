#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <weft/patterns/backoff.hpp>
#include <weft/patterns/random.hpp>

namespace weft {

backoff::backoff(const backoff_options& options) : options_{options} {
  if (options.base_delay.count() < 0) throw std::invalid_argument{"backoff: base_delay is negative"};
  if (!(options.multiplier >= 1) || std::isinf(options.multiplier)) {
    throw std::invalid_argument{"backoff: multiplier must be a number of at least 1"};
  }
  if (options.max_delay.count() < 0) throw std::invalid_argument{"backoff: max_delay is negative"};
  if (options.jitter > jitter::decorrelated) throw std::invalid_argument{"backoff: unknown kind of jitter"};
  reset();
}

clock::duration backoff::next() noexcept {
  const double longest = static_cast<double>(options_.max_delay.count());
  const double base = static_cast<double>(options_.base_delay.count());
  double delay = std::min(exponential_, longest);
  switch (options_.jitter) {
    case jitter::none:
      break;
    case jitter::full:
      delay *= detail::random_fraction();
      break;
    case jitter::equal:
      delay = delay / 2 + delay / 2 * detail::random_fraction();
      break;
    case jitter::decorrelated:
      delay = std::min(longest, base + (previous_ * 3 - base) * detail::random_fraction());
      previous_ = delay;
      break;
  }
  exponential_ = std::min(exponential_ * options_.multiplier, longest);
  // What is beyond the range of a duration can only be max_delay.
  if (delay >= longest) return options_.max_delay;
  return clock::duration{static_cast<clock::rep>(delay)};
}

}  // namespace weft
