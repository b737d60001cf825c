#pragma once

#include <exception>
#include <optional>
#include <weft/core/clock.hpp>

namespace weft {

/// What an exception also derives from if it knows when another attempt makes sense: a server's Retry-After, the time
/// until a circuit breaker lets a call through. retry() waits at least that long.
class retry_hint {
 public:
  /// From when it was thrown; not negative.
  virtual clock::duration retry_after() const noexcept = 0;

 protected:
  retry_hint() = default;
  retry_hint(const retry_hint&) = default;
  retry_hint& operator=(const retry_hint&) = default;
  ~retry_hint() = default;
};

/// What the exception says, if it is a retry_hint. retry_options::retry_after unless another function is given.
std::optional<clock::duration> retry_hint_of(const std::exception_ptr& error);

}  // namespace weft
