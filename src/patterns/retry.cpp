#include <algorithm>
#include <new>
#include <stdexcept>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/retry.hpp>

namespace weft {

bool retry_transient(const std::exception_ptr& error) noexcept {
  return !detail::is_any_of<std::logic_error, std::bad_alloc, cancelled_error, loop_closed_error, circuit_open_error>(
      error);
}

bool retry_any(const std::exception_ptr& /*error*/) noexcept { return true; }

std::optional<clock::duration> retry_hint_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const retry_hint& hint) {
    return hint.retry_after();
  } catch (...) {
    return std::nullopt;
  }
}

namespace detail {

namespace {

backoff_options backoff_of(const retry_options& options) {
  return {.base_delay = options.base_delay,
          .multiplier = options.multiplier,
          .max_delay = options.max_delay,
          .jitter = options.jitter};
}

void check_limit(const std::optional<clock::duration>& limit, const char* message) {
  if (limit && limit->count() <= 0) throw std::invalid_argument{message};
}

}  // namespace

void check(const retry_options& options) {
  if (options.max_attempts < 1) throw std::invalid_argument{"retry: max_attempts must be at least 1"};
  if (options.max_retry_after.count() < 0) throw std::invalid_argument{"retry: max_retry_after is negative"};
  check_limit(options.attempt_timeout, "retry: attempt_timeout must be more than 0");
  check_limit(options.total_timeout, "retry: total_timeout must be more than 0");
  (void)backoff{backoff_of(options)};
}

retry_schedule::retry_schedule(const retry_options& options)
    : options_{options}, backoff_{backoff_of(options)}, deadline_{never} {
  if (options_.total_timeout) {
    deadline_ = deadline_after(now().time_since_epoch().count(), options_.total_timeout->count());
  }
  if (options_.budget != nullptr) options_.budget->earn();
}

std::int64_t retry_schedule::attempt_limit() noexcept {
  ++attempt_;
  const std::int64_t limit = options_.attempt_timeout ? options_.attempt_timeout->count() : never;
  if (deadline_ == never) return limit;
  return std::min(limit, deadline_ - now().time_since_epoch().count());
}

std::optional<clock::duration> retry_schedule::delay_after(const std::exception_ptr& error) {
  if (attempt_ >= options_.max_attempts) return std::nullopt;
  if (options_.retry_if && !options_.retry_if(error)) return std::nullopt;
  return delay(options_.retry_after ? options_.retry_after(error) : std::nullopt, error);
}

std::optional<clock::duration> retry_schedule::delay_after_value(std::optional<clock::duration> hint) {
  if (attempt_ >= options_.max_attempts) return std::nullopt;
  return delay(hint, nullptr);
}

std::optional<clock::duration> retry_schedule::delay(std::optional<clock::duration> hint,
                                                     const std::exception_ptr& error) {
  clock::duration d = backoff_.next();
  if (hint) {
    if (*hint > options_.max_retry_after) return std::nullopt;
    d = std::max(d, *hint);
  }
  if (deadline_ != never) {
    const clock::duration left{deadline_ - now().time_since_epoch().count()};
    if (d >= left) return std::nullopt;
  }
  if (options_.budget != nullptr && !options_.budget->spend()) return std::nullopt;
  if (options_.on_retry) options_.on_retry({attempt_, d, error});
  return d;
}

}  // namespace detail
}  // namespace weft
