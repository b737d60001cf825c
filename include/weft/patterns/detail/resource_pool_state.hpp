#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/task.hpp>
#include <weft/core/timeout.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/semaphore.hpp>

namespace weft {

/// A resource_pool had no resource to lend in time; what() says how many are in use and how many wait.
class pool_timeout_error : public timeout_error {
 public:
  using timeout_error::timeout_error;
};

/// A resource_pool was closed.
class pool_closed_error : public error {
 public:
  pool_closed_error();
};

/// How many resources a resource_pool keeps, and how long.
struct resource_pool_options {
  /// So many are opened by fill() and with(), and are not destroyed for being idle.
  std::ptrdiff_t min_size = 0;
  /// So many may exist at the same time; at least 1.
  std::ptrdiff_t max_size = 10;
  /// How long acquire() may take, with waiting, checking and making; nullopt: as long as it takes.
  std::optional<clock::duration> acquire_timeout = std::chrono::seconds{30};
  /// One that is older is not lent again.
  std::optional<clock::duration> max_lifetime = std::nullopt;
  /// One that nobody has used for so long is destroyed, down to min_size.
  std::optional<clock::duration> max_idle = std::chrono::minutes{10};
  /// The check is left out for one that came back less than this ago.
  clock::duration check_after = clock::duration::zero();
};
static_assert(std::is_trivially_destructible_v<resource_pool_options>);

/// What a resource_pool has, and what has happened in it since it was made.
struct resource_pool_statistics {
  std::size_t idle = 0;         ///< resources, now
  std::size_t in_use = 0;       ///< resources on loan, now
  std::size_t waiting = 0;      ///< acquire() calls that wait in line, now
  std::uint64_t lent = 0;       ///< times
  std::uint64_t made = 0;       ///< resources
  std::uint64_t destroyed = 0;  ///< resources
};

namespace detail {

/// Whether an operation that failed like this has left its resource in order.
bool leaves_resource_intact(const std::exception_ptr& error) noexcept;

/// The part of a pool that does not depend on what it lends. Shared by the pool and its leases.
class resource_pool_base : protected timer {
 public:
  explicit resource_pool_base(const resource_pool_options& options);
  resource_pool_base(const resource_pool_base&) = delete;
  resource_pool_base& operator=(const resource_pool_base&) = delete;

  const resource_pool_options& options() const noexcept { return options_; }
  semaphore& places() noexcept { return places_; }
  bool closed() const noexcept { return closed_; }
  /// Throws pool_closed_error once it is closed.
  void check_open() const {
    if (closed_) throw pool_closed_error{};
  }
  /// Waits in line for a place; throws pool_closed_error.
  task<semaphore::permit> wait_for_place();
  /// Waits until no resource exists.
  auto all_back() { return none_left_.wait(); }
  void count_loan() noexcept { ++lent_; }
  [[noreturn]] void throw_timeout(clock::duration limit) const;

 protected:
  ~resource_pool_base() { stop_timer(); }

  void close_line() noexcept;
  /// When something is to be done about resources, in nanoseconds; `never` for nothing.
  void set_timer(std::int64_t at) noexcept;
  void stop_timer() noexcept;
  void one_more() noexcept;
  void one_less() noexcept;

  struct waiter : list_hook<waiter> {
    cancel_scope scope;
  };

  resource_pool_options options_;
  semaphore places_;
  event none_left_;
  list<waiter> line_;
  event_loop* timer_loop_ = nullptr;
  std::size_t exist_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t lent_ = 0;
  std::uint64_t made_ = 0;
  bool closed_ = false;
};

template <class T>
class resource_pool_state final : public resource_pool_base {
 public:
  /// Counts itself, whatever destroys it.
  struct resource {
    resource(resource_pool_state& owner, T made)
        : pool{&owner}, value{std::move(made)}, made_at{now().time_since_epoch().count()} {
      pool->one_more();
    }
    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;
    ~resource() { pool->one_less(); }

    resource_pool_state* pool;
    T value;
    std::int64_t made_at;
    std::int64_t back_at = 0;
  };

  resource_pool_state(const resource_pool_options& options, std::function<task<T>()> make,
                      std::function<task<bool>(T&)> check)
      : resource_pool_base{options}, make_{std::move(make)}, check_{std::move(check)} {}

  /// A new one, for whoever holds a place.
  task<std::unique_ptr<resource>> make() {
    T made = co_await make_();
    co_return std::make_unique<resource>(*this, std::move(made));
  }
  /// The one that came back last and is not too old; null if there is none.
  std::unique_ptr<resource> take_idle() noexcept {
    while (!idle_.empty()) {
      std::unique_ptr<resource> last = std::move(idle_.back());
      idle_.pop_back();
      if (!too_old(*last)) return last;
    }
    return nullptr;
  }
  task<bool> still_good(resource& candidate) {
    if (!check_ || now().time_since_epoch().count() - candidate.back_at < options_.check_after.count()) co_return true;
    bool good = false;
    try {
      good = co_await check_(candidate.value);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a check that fails says no
    }
    co_return good;
  }
  void take_back(std::unique_ptr<resource> back) noexcept {
    if (closed_ || too_old(*back)) return;
    back->back_at = now().time_since_epoch().count();
    idle_.push_back(std::move(back));
    watch_idle();
  }
  void clear() noexcept { std::exchange(idle_, {}).clear(); }
  void close() noexcept {
    close_line();
    clear();
  }
  bool below_minimum() const noexcept { return exist_ < static_cast<std::size_t>(options_.min_size); }

  resource_pool_statistics statistics() const noexcept {
    return {.idle = idle_.size(),
            .in_use = exist_ - idle_.size(),
            .waiting = waiting_,
            .lent = lent_,
            .made = made_,
            .destroyed = made_ - exist_};
  }

 private:
  bool too_old(const resource& r) const noexcept {
    return options_.max_lifetime && now().time_since_epoch().count() - r.made_at >= options_.max_lifetime->count();
  }
  std::int64_t idle_until(const resource& r) const noexcept {
    return options_.max_idle ? deadline_after(r.back_at, options_.max_idle->count()) : never;
  }
  /// Those that came back first go first.
  void watch_idle() noexcept {
    const bool surplus = exist_ > static_cast<std::size_t>(options_.min_size);
    set_timer(surplus && !idle_.empty() ? idle_until(*idle_.front()) : never);
  }
  void fired() noexcept override {
    const std::int64_t present = now().time_since_epoch().count();
    while (!idle_.empty() && exist_ > static_cast<std::size_t>(options_.min_size) &&
           idle_until(*idle_.front()) <= present) {
      idle_.erase(idle_.begin());
    }
    watch_idle();
  }

  std::function<task<T>()> make_;
  std::function<task<bool>(T&)> check_;
  std::vector<std::unique_ptr<resource>> idle_;  // the last to come back at the end
};

}  // namespace detail
}  // namespace weft
