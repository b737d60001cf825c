#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <weft/patterns/rate_limiter.hpp>

namespace weft {

namespace {

constexpr std::int64_t longest_to_fill = std::int64_t{1} << 61;
/// What a waiter that was woken late makes up for.
constexpr std::int64_t lateness_made_up = 10'000'000;

}  // namespace

rate_limiter::rate_limiter(const rate_limit& limit) : full_at_{-longest_to_fill}, counted_from_{-longest_to_fill} {
  apply(limit);
}

void rate_limiter::apply(const rate_limit& limit) {
  if (!(limit.rate > 0) || std::isinf(limit.rate)) {
    throw std::invalid_argument{"rate_limiter: rate must be a number greater than 0"};
  }
  if (limit.per.count() <= 0) throw std::invalid_argument{"rate_limiter: per must be more than 0"};
  if (limit.burst < 1) throw std::invalid_argument{"rate_limiter: burst must be at least 1"};
  const double interval = std::ceil(static_cast<double>(limit.per.count()) / limit.rate);  // never faster than asked
  if (interval * static_cast<double>(limit.burst) > static_cast<double>(longest_to_fill)) {
    throw std::invalid_argument{"rate_limiter: the rate is too slow for the burst"};
  }
  limit_ = limit;
  interval_ = static_cast<std::int64_t>(interval);
  capacity_ = interval_ * limit.burst;
}

void rate_limiter::refuse_tokens(std::ptrdiff_t tokens) const {
  if (tokens < 1) throw std::invalid_argument{"rate_limiter: the number of tokens must be at least 1"};
  throw std::invalid_argument{"rate_limiter: " + std::to_string(tokens) +
                              " tokens can never be there at once, since burst is " + std::to_string(limit_.burst)};
}

bool rate_limiter::try_take_at_present(std::ptrdiff_t tokens) noexcept {
  const std::int64_t present = detail::now_in_nanoseconds();
  // What was taken from a full bucket in this step was counted from the time the loop had read before it: the tokens
  // that have come since then would have found the bucket full.
  if (counted_from_ == detail::recent_time() && full_at_ > counted_from_) full_at_ += present - counted_from_;
  counted_from_ = -longest_to_fill;
  const std::int64_t until = std::max(full_at_, present) + tokens * interval_;
  if (until - present > capacity_) return false;
  full_at_ = until;
  ++acquired_;
  return true;
}

/// When there are so many tokens; all there can be, if they are more.
std::int64_t rate_limiter::due(std::ptrdiff_t tokens) const noexcept {
  return full_at_ + std::min<std::int64_t>(tokens * interval_ - capacity_, 0);
}

void rate_limiter::join(detail::rate_leaf& waiter, void* frame) {
  line_.push_back(waiter);
  ++waiting_;
  waiter.wait(frame);
  if (waiter.waiting() && line_.front() == &waiter) serve();
}

void rate_limiter::leave(detail::rate_leaf& waiter) noexcept {
  const bool was_first = line_.front() == &waiter;
  if (waiter.armed()) waiter.loop().disarm(waiter);
  line_.remove(waiter);
  --waiting_;
  if (was_first) serve();
}

void rate_limiter::serve() noexcept {
  if (line_.empty()) return;
  detail::event_loop& loop = line_.front()->loop();
  const std::int64_t present = loop.now();
  while (detail::rate_leaf* first = line_.front()) {
    if (first->armed()) loop.disarm(*first);
    const std::int64_t at = due(first->tokens_);
    if (at > present) {
      loop.arm(*first, at);
      return;
    }
    full_at_ = std::max(full_at_, present - lateness_made_up) + first->tokens_ * interval_;
    line_.remove(*first);
    --waiting_;
    ++on_their_way_;
    ++acquired_;
    ++waited_;
    first->wake();
  }
}

void rate_limiter::set_limit(const rate_limit& limit) {
  const double tokens = available();
  apply(limit);
  const double missing = std::max(static_cast<double>(limit.burst) - tokens, 0.0);
  full_at_ = detail::now_in_nanoseconds() + static_cast<std::int64_t>(missing * static_cast<double>(interval_));
  counted_from_ = -longest_to_fill;
  serve();
}

double rate_limiter::available() const noexcept {
  const std::int64_t missing = full_at_ - detail::now_in_nanoseconds();
  if (missing <= 0) return static_cast<double>(limit_.burst);
  return static_cast<double>(limit_.burst) - static_cast<double>(missing) / static_cast<double>(interval_);
}

clock::duration rate_limiter::delay() const noexcept {
  std::int64_t at = due(1);
  for (detail::rate_leaf* w = line_.front(); w != nullptr; w = detail::list<detail::rate_leaf>::after(*w)) {
    at += w->tokens_ * interval_;
  }
  return clock::duration{std::max<std::int64_t>(at - detail::now_in_nanoseconds(), 0)};
}

rate_statistics rate_limiter::statistics() const noexcept {
  return {.acquired = acquired_, .waited = waited_, .refused = refused_, .waiting = waiting_};
}

bool rate_limiter::idle() const noexcept {
  return line_.empty() && on_their_way_ == 0 && full_at_ <= detail::now_in_nanoseconds();
}

}  // namespace weft
