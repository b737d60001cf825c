#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/clock.hpp>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/with.hpp>
#include <weft/sync/semaphore.hpp>

namespace weft {

/// A bulkhead refused a call: as many as it allows run and wait already, or the wait has lasted too long.
class bulkhead_full_error : public error {
 public:
  using error::error;
};

/// How much a bulkhead lets through.
struct bulkhead_options {
  /// Calls that may run at the same time; at least 1.
  std::ptrdiff_t max_running = 25;
  /// Calls that may wait for their turn; more are refused at once. 0: nobody waits.
  std::ptrdiff_t max_waiting = 0;
  /// How long a call may wait before it is refused; no limit by default.
  std::optional<clock::duration> max_wait = std::nullopt;
  /// For error texts; copied.
  std::string_view name = {};
};
static_assert(std::is_trivially_destructible_v<bulkhead_options>);

/// What has happened at a bulkhead since it was made.
struct bulkhead_statistics {
  std::uint64_t admitted = 0;  ///< calls
  std::uint64_t refused = 0;   ///< calls that were not made
  std::size_t running = 0;     ///< now
  std::size_t waiting = 0;     ///< now
};

/// Keeps one part of a program from using up everything: a limit on what runs at the same time, and on what waits for
/// that. Whoever comes on top is refused with bulkhead_full_error. resilience4j's and Polly's Bulkhead.
///
///     bulkhead reports{{.max_running = 2, .max_waiting = 10}};
///     auto page = co_await reports.call([&] { return make_report(id); });
///
/// A semaphore is the same without a limit on those who wait. Calls run in the order in which they came. Belongs to one
/// loop; must outlive its calls and permits.
class bulkhead {
 public:
  class permit;
  using options_type = bulkhead_options;

  /// Throws std::invalid_argument for less than 1 that may run and for negative limits.
  explicit bulkhead(const bulkhead_options& options = {});
  bulkhead(const bulkhead&) = delete;
  bulkhead& operator=(const bulkhead&) = delete;

  /// Waits for its turn, calls `operation()` and awaits the task that it gives. Throws bulkhead_full_error, and the
  /// operation is not called. A stop while waiting leaves the line. The operation is copied.
  template <class F>
    requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
  [[nodiscard]] auto call(F&& operation) {
    static_assert(detail::safe_in_await<F>,
                  "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
    using function = std::decay_t<F>;
    return call_inside<detail::kept_result_t<std::invoke_result_t<function&>>, function>(*this,
                                                                                         std::forward<F>(operation));
  }

  /// For what is not one call: a permit that holds a place until it goes out of scope. Throws bulkhead_full_error.
  [[nodiscard]] task<permit> acquire() { return enter(*this); }

  bulkhead_statistics statistics() const noexcept;
  /// Nothing runs and nothing waits.
  bool idle() const noexcept { return running_ == 0 && waiting_ == 0; }

 private:
  static task<permit> enter(bulkhead& self);
  template <class R, class F>
  static task<R> call_inside(bulkhead& self, F operation);
  [[noreturn]] void refuse(const std::string& reason);

  bulkhead_options options_;
  std::string name_;
  semaphore places_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t admitted_ = 0;
  std::uint64_t refused_ = 0;
};

/// A place in a bulkhead: given back when it goes out of scope. Move-only.
class [[nodiscard]] bulkhead::permit {
 public:
  permit(permit&& other) noexcept : bulkhead_{std::exchange(other.bulkhead_, nullptr)} {}
  permit& operator=(permit&& other) noexcept {
    if (this != &other) {
      release();
      bulkhead_ = std::exchange(other.bulkhead_, nullptr);
    }
    return *this;
  }
  ~permit() { release(); }

  /// Gives the place back now; harmless when repeated.
  void release() noexcept {
    if (bulkhead_ == nullptr) return;
    --bulkhead_->running_;
    std::exchange(bulkhead_, nullptr)->places_.release();
  }

 private:
  friend class bulkhead;
  permit(bulkhead& from, semaphore::permit place) noexcept : bulkhead_{&from} {
    place.detach();
    ++from.running_;
  }
  bulkhead* bulkhead_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

template <class R, class F>
task<R> bulkhead::call_inside(bulkhead& self, F operation) {
  const permit running = co_await enter(self);
  co_return co_await detail::as_task(std::invoke(operation));
}

}  // namespace weft
