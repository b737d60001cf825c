#include "host_gate.hpp"

#include <fmt/format.h>

#include <weft/core/errors.hpp>

#include "fetch_statistics.hpp"

namespace weft::tool {

host_gate::host_gate(const options_type& options) {
  if (options.connections > 0) places_.emplace(options.connections);
  if (options.rate > 0) rate_.emplace(rate_limit{.rate = options.rate});
  if (options.break_after > 0) {
    breaker_.emplace(circuit_breaker_options{.max_failures = options.break_after, .reset_timeout = options.break_for});
  }
}

void host_gate::look() {
  if (!breaker_ || breaker_->state() != circuit_state::open) return;
  if (breaker_->retry_after().count() > 0) (void)breaker_->admit();  // throws
}

task<std::optional<semaphore::permit>> host_gate::enter() {
  std::optional<semaphore::permit> place;
  if (places_) place.emplace(co_await places_->acquire());
  if (rate_) co_await rate_->acquire();
  co_return place;
}

void host_gate::admit(std::optional<circuit_breaker::ticket>& leave) {
  if (breaker_) leave.emplace(breaker_->admit());
}

std::string host_gate::reason(const std::string& host, const circuit_open_error& closed) const {
  std::string text = fmt::format("{} has failed {} times in a row", host, breaker_->statistics().failures_in_a_row);
  if (closed.cause()) text += " (" + what(closed.cause()) + ")";
  if (closed.retry_after().count() == 0) return text + "; another URL tries whether it works again";
  return text + "; it is left alone for another " + readable(closed.retry_after()) + ", see --break-after";
}

bool host_gate::idle() const noexcept { return (!rate_ || rate_->idle()) && (!breaker_ || breaker_->idle()); }

}  // namespace weft::tool
