#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <weft/core/task.hpp>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/sync/semaphore.hpp>

namespace weft::tool {

/// What a host is spared: too many connections, too many requests a second, and requests where others have failed again
/// and again. A limiter for weft::keyed.
class host_gate {
 public:
  struct options_type {
    std::size_t connections = 0;         ///< at the same time; 0: any number
    double rate = 0;                     ///< requests a second; 0: any number
    int break_after = 0;                 ///< failures in a row, after which it is closed for a while; 0: never
    std::chrono::nanoseconds break_for;  ///< how long that is
  };

  explicit host_gate(const options_type& options);

  /// Throws circuit_open_error if it is closed for now.
  void look();
  /// True if there is something that enter() might wait for, or would wait for now.
  bool has_line() const noexcept { return places_ || rate_; }
  bool would_wait() const noexcept { return (places_ && places_->locked()) || (rate_ && rate_->delay().count() > 0); }
  /// Waits in line for a place for a connection, which the permit holds, and for the time that the rate sets.
  [[nodiscard]] task<std::optional<semaphore::permit>> enter();
  /// Gives leave to go ahead, which is to be told how it ended; none if nobody wants to know. Throws
  /// circuit_open_error.
  void admit(std::optional<circuit_breaker::ticket>& leave);

  /// Says why look() or admit() has thrown.
  std::string reason(const std::string& host, const circuit_open_error& closed) const;

  /// It might as well be a new one.
  bool idle() const noexcept;

 private:
  std::optional<semaphore> places_;
  std::optional<rate_limiter> rate_;
  std::optional<circuit_breaker> breaker_;
};

}  // namespace weft::tool
