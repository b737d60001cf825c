#pragma once

#include <chrono>
#include <cstdint>
#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>

namespace weft::http::detail {

/// A deadline that is moved all the time and hardly ever comes. The timer under it is armed for a short time at most,
/// and looks then where the deadline is by now: so hardly any move arms it.
class moving_deadline : private weft::detail::timer {
 public:
  moving_deadline(const moving_deadline&) = delete;
  moving_deadline& operator=(const moving_deadline&) = delete;

 protected:
  /// @param glance for how long the timer is armed at most, in nanoseconds.
  moving_deadline(weft::detail::event_loop& loop, std::int64_t glance) noexcept : loop_{loop}, glance_{glance} {}
  ~moving_deadline() { disarm(); }

  /// The deadline has come; there is none any more.
  virtual void passed() noexcept = 0;

  void set_deadline(std::int64_t at) noexcept;
  /// 0: none.
  void deadline_in(std::chrono::nanoseconds time) noexcept;
  void no_deadline() noexcept { deadline_ = weft::detail::never; }
  std::int64_t deadline() const noexcept { return deadline_; }
  /// For good.
  void disarm() noexcept {
    if (armed()) loop_.disarm(*this);
  }

  weft::detail::event_loop& loop_;

 private:
  void fired() noexcept override;

  std::int64_t glance_;
  std::int64_t deadline_ = weft::detail::never;
  std::int64_t fires_at_ = weft::detail::never;
};

}  // namespace weft::http::detail
