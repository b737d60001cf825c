#include "http/moving_deadline.hpp"

#include <algorithm>

namespace weft::http::detail {

using weft::detail::deadline_after;
using weft::detail::never;

void moving_deadline::set_deadline(std::int64_t at) noexcept {
  deadline_ = at;
  if (at >= fires_at_) return;
  disarm();
  fires_at_ = std::min(at, deadline_after(loop_.recent_time(), glance_));
  loop_.arm(*this, fires_at_);
}

void moving_deadline::deadline_in(std::chrono::nanoseconds time) noexcept {
  set_deadline(time.count() > 0 ? deadline_after(loop_.recent_time(), time.count()) : never);
}

void moving_deadline::fired() noexcept {
  fires_at_ = never;
  if (deadline_ == never) return;
  if (loop_.recent_time() < deadline_) return set_deadline(deadline_);
  deadline_ = never;
  passed();
}

}  // namespace weft::http::detail
