#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <weft/patterns/detail/recent_time.hpp>
#include <weft/patterns/retry_budget.hpp>

namespace weft {

retry_budget::retry_budget(const retry_budget_options& options)
    : options_{options}, saved_{options.reserve}, saved_at_{detail::now_in_nanoseconds()} {
  if (!(options.per_call >= 0)) throw std::invalid_argument{"retry_budget: per_call is negative"};
  if (!(options.per_second >= 0)) throw std::invalid_argument{"retry_budget: per_second is negative"};
  if (!(options.reserve >= 1) || std::isinf(options.reserve)) {
    throw std::invalid_argument{"retry_budget: reserve must be a number of at least 1"};
  }
}

double retry_budget::available() const noexcept {
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(detail::now_in_nanoseconds() - saved_at_, 0)) * 1e-9;
  return std::min(saved_ + seconds * options_.per_second, options_.reserve);
}

void retry_budget::earn() noexcept {
  saved_ = std::min(available() + options_.per_call, options_.reserve);
  saved_at_ = detail::now_in_nanoseconds();
}

bool retry_budget::spend() noexcept {
  saved_ = available();
  saved_at_ = detail::now_in_nanoseconds();
  // Earned by a chain of additions: a hair less than 1 is 1.
  if (saved_ < 1 - 1e-9) {
    ++refused_;
    return false;
  }
  saved_ -= 1;
  return true;
}

}  // namespace weft
