#include <algorithm>
#include <new>
#include <stdexcept>
#include <weft/core/detail/event_loop.hpp>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/detail/recent_time.hpp>
#include <weft/patterns/detail/text.hpp>
#include <weft/patterns/retry.hpp>

namespace weft {

const char* to_string(circuit_state state) noexcept {
  switch (state) {
    case circuit_state::closed:
      return "closed";
    case circuit_state::open:
      return "open";
    default:
      return "half open";
  }
}

circuit_open_error::circuit_open_error(const std::string& text, clock::duration retry_after, std::exception_ptr cause)
    : error{text}, retry_after_{retry_after}, cause_{std::move(cause)} {}

bool failure_of_the_other_side(const std::exception_ptr& error) noexcept {
  return !detail::is_any_of<std::logic_error, std::bad_alloc, cancelled_error>(error);
}

circuit_breaker::circuit_breaker(const circuit_breaker_options& options)
    : options_{options}, counts_ratio_{options.failure_ratio > 0}, name_{options.name} {
  if (options.max_failures < 0) throw std::invalid_argument{"circuit_breaker: max_failures is negative"};
  const bool is_ratio = options.failure_ratio >= 0 && options.failure_ratio <= 1;  // NaN is none
  if (!is_ratio) {
    throw std::invalid_argument{"circuit_breaker: failure_ratio must be between 0 and 1"};
  }
  if (options.max_failures == 0 && !counts_ratio_) {
    throw std::invalid_argument{"circuit_breaker: nothing would open it: give max_failures or failure_ratio"};
  }
  if (options.window.count() < parts) throw std::invalid_argument{"circuit_breaker: window must be more than 0"};
  if (options.min_calls < 1) throw std::invalid_argument{"circuit_breaker: min_calls must be at least 1"};
  if (options.reset_timeout.count() <= 0) {
    throw std::invalid_argument{"circuit_breaker: reset_timeout must be more than 0"};
  }
  if (options.max_probes < 1) throw std::invalid_argument{"circuit_breaker: max_probes must be at least 1"};
  if (options.probes_to_close < 1) throw std::invalid_argument{"circuit_breaker: probes_to_close must be at least 1"};
  options_.name = name_;
}

void circuit_breaker::admit_unless_closed() {
  if (state_ == circuit_state::open) {
    const std::int64_t left = open_until_ - detail::now_in_nanoseconds();
    if (left > 0) refuse(clock::duration{left});
    change(circuit_state::half_open, nullptr);
    if (state_ != circuit_state::half_open) return admit_unless_closed();  // its callback has changed it
  }
  if (state_ == circuit_state::closed) return;
  if (probes_under_way_ >= options_.max_probes) refuse(clock::duration::zero());
  ++probes_under_way_;
}

void circuit_breaker::refuse(clock::duration retry_after) {
  ++statistics_.refused;
  std::string text = name_.empty() ? "the circuit is " : "the circuit \"" + name_ + "\" is ";
  text += retry_after.count() > 0 ? "open: the next attempt is in " + detail::in_words(retry_after)
                                  : "half open: an attempt is under way";
  if (!cause_text_.empty()) text += "; it failed with: " + cause_text_;
  throw circuit_open_error{text, retry_after, cause_};
}

void circuit_breaker::failed(std::uint32_t epoch, const std::exception_ptr& error) noexcept {
  if (options_.failure_if && !options_.failure_if(error)) return succeeded(epoch);
  ++statistics_.failed;
  if (epoch != epoch_) return;
  ++failures_in_a_row_;
  if (state_ == circuit_state::half_open) return change(circuit_state::open, error);
  if (counts_ratio_) count(true);
  const bool too_many = options_.max_failures > 0 && failures_in_a_row_ >= options_.max_failures;
  if (too_many || (counts_ratio_ && ratio_reached())) change(circuit_state::open, error);
}

void circuit_breaker::given_up(std::uint32_t epoch) noexcept {
  if (epoch == epoch_ && state_ == circuit_state::half_open) --probes_under_way_;
}

std::int64_t circuit_breaker::present_part() const noexcept {
  return detail::recent_time() / (options_.window.count() / parts);
}

void circuit_breaker::count(bool failure) noexcept {
  const std::int64_t present = present_part();
  part& p = window_[static_cast<std::size_t>(present % parts)];
  if (p.number != present) p = {.number = present};
  ++p.calls;
  if (failure) ++p.failures;
}

bool circuit_breaker::ratio_reached() const noexcept {
  const std::int64_t present = present_part();
  double calls = 0;
  double failures = 0;
  for (const part& p : window_) {
    if (p.number <= present - parts) continue;
    calls += p.calls;
    failures += p.failures;
  }
  return calls >= options_.min_calls && failures >= options_.failure_ratio * calls;
}

void circuit_breaker::change(circuit_state to, const std::exception_ptr& cause) noexcept {
  const circuit_state from = state_;
  state_ = to;
  ++epoch_;
  probes_under_way_ = 0;
  probes_succeeded_ = 0;
  if (to == circuit_state::open) {
    open_until_ = detail::deadline_after(detail::now_in_nanoseconds(), options_.reset_timeout.count());
    ++statistics_.opened;
    cause_ = cause;
    cause_text_ = cause ? what(cause) : std::string{};
  } else if (to == circuit_state::closed) {
    failures_in_a_row_ = 0;
    window_.fill({});
    cause_ = nullptr;
    cause_text_.clear();
  }
  if (!options_.on_state_change) return;
  try {
    options_.on_state_change({from, to, cause});
  } catch (...) {
    constexpr const char* message = "A circuit_breaker's on_state_change failed";
    if (detail::this_thread_loop != nullptr) {
      detail::this_thread_loop->report(message, std::current_exception());
    } else {
      detail::report_to_stderr(message, std::current_exception(), {});
    }
  }
}

clock::duration circuit_breaker::retry_after() const noexcept {
  if (state_ != circuit_state::open) return clock::duration::zero();
  return clock::duration{std::max<std::int64_t>(open_until_ - detail::now_in_nanoseconds(), 0)};
}

circuit_statistics circuit_breaker::statistics() const noexcept {
  circuit_statistics current = statistics_;
  current.failures_in_a_row = failures_in_a_row_;
  return current;
}

void circuit_breaker::open() { change(circuit_state::open, nullptr); }

void circuit_breaker::close() {
  failures_in_a_row_ = 0;
  window_.fill({});
  if (state_ != circuit_state::closed) change(circuit_state::closed, nullptr);
}

bool circuit_breaker::idle() const noexcept {
  if (state_ != circuit_state::closed || failures_in_a_row_ != 0) return false;
  if (!counts_ratio_) return true;
  const std::int64_t present = present_part();
  return std::none_of(window_.begin(), window_.end(), [&](const part& p) { return p.number > present - parts; });
}

}  // namespace weft
